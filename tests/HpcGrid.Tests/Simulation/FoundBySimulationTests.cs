using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;

namespace HpcGrid.Tests.Simulation;

/// <summary>Every fault of the product that the simulation found keeps the seed that found it.</summary>
public sealed class FoundBySimulationTests
{
    [TestCase(42UL, "local")]
    [TestCase(53UL, "lustre")]
    [TestCase(102UL, "lustre")]
    public void A_bridge_that_could_not_act_for_a_moment_does_later_what_its_steps_wait_for(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(3684UL, "nfs4")]
    public void A_large_output_that_a_rename_only_pretended_to_publish_is_written_again(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(2438UL, "nfs4")]
    public void Strict_jobs_of_an_agent_that_ended_while_its_bridge_was_down_are_offered_again(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(118UL, "beegfs")]
    [TestCase(229UL, "gpfs")]
    [TestCase(20UL, "beegfs")]
    [TestCase(1616UL, "beegfs")]
    [TestCase(1000715UL, "nfs4")]
    public void A_second_agent_of_the_same_name_is_refused(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(327UL, "gpfs")]
    [TestCase(412UL, "beegfs")]
    public void Keys_are_never_published_over_others(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(325UL, "gluster")]
    public void Two_bridges_with_ledgers_of_their_own_never_give_one_name_to_two_files(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(2002129UL, "gluster")]
    [TestCase(7020237UL, "local")]
    public void Two_bridges_that_make_one_spool_leave_one_sentinel(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(881UL, "beegfs")]
    [TestCase(3017UL, "local")]
    public void A_bridge_goes_on_although_a_rival_that_lost_the_spool_says_hello_after_it(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(3000249UL, "local")]
    [TestCase(3000555UL, "gpfs")]
    [TestCase(3000601UL, "nfs4")]
    [TestCase(3001127UL, "gluster")]
    [TestCase(3001324UL, "lustre")]
    public void An_old_copy_of_a_ledger_gives_no_name_twice_and_loses_no_job(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(9848229UL, "beegfs", 2)]
    public void Directories_without_which_no_tick_succeeds_are_made_again(ulong seed, string profile, int additions) => Holds(seed, profile, additions);

    [TestCase(5400558UL, "nfs4")]
    public void A_directory_of_the_spool_that_a_crash_of_the_server_took_is_made_again(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(5300044UL, "nfs3")]
    [TestCase(5300198UL, "nfs3")]
    public void Nodes_whose_clocks_are_hours_away_are_brought_together_for_a_job(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(140UL, "local")]
    [TestCase(365UL, "nfs3")]
    [TestCase(58UL, "nfs4")]
    public void A_large_output_that_is_tried_again_gets_another_name(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(1389UL, "gluster")]
    public void The_last_word_of_an_agent_that_is_gone_that_the_spool_was_full_stops_no_work(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(1839UL, "gpfs")]
    public void Two_agents_of_one_node_are_not_two_nodes_of_a_job(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(8104591UL, "gpfs")]
    public void A_staged_file_that_was_misread_once_is_not_removed(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(8614357UL, "gluster")]
    public void A_bridge_that_another_one_has_taken_over_from_removes_no_staged_file(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(9508371UL, "gpfs", 1)]
    public void A_bridge_that_slept_in_the_middle_of_a_tick_removes_no_staged_file(ulong seed, string profile, int additions) => Holds(seed, profile, additions);

    [TestCase(9037453UL, "gpfs")]
    public void A_bridge_without_its_predecessors_ledger_is_heard_by_the_agents(ulong seed, string profile) => Holds(seed, profile);

    [TestCase(10224941UL, "beegfs", 2)]
    public void A_bridge_that_drains_waits_for_no_output_that_is_gone(ulong seed, string profile, int additions) => Holds(seed, profile, additions);

    [TestCase(126, nameof(Moment.Before))]
    [TestCase(130, nameof(Moment.After))]
    [TestCase(130, nameof(Moment.AfterButError))]
    [TestCase(131, nameof(Moment.Before))]
    [TestCase(139, nameof(Moment.Before))]
    public void A_server_that_loses_a_staged_file_while_it_gets_its_name_keeps_no_job_from_its_inputs(long operation, string moment)
    {
        var crash = new CrashPoint(operation, Enum.Parse<Moment>(moment), Fate.ServerLoses);
        Holds(new RunOrder(1, FsProfile.Of("gluster"), Scenario.Small with { Crash = crash }));
    }

    /// <param name="seed">Which.</param>
    /// <param name="profile">The kind of filesystem.</param>
    /// <param name="additions">Kinds of histories that there were when it found something.</param>
    private static void Holds(ulong seed, string profile, int additions = 0) =>
        Holds(new RunOrder(seed, FsProfile.Of(profile), Scenario.Random(new Dice(seed), additions)));

    private static void Holds(RunOrder order)
    {
        using var workshop = new Workshop();
        Assert.That(Report.Line(HpcGrid.Simulate.Simulation.Play(workshop, order)), Is.Empty);
    }
}
