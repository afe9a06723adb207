using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Mutants;

namespace HpcGrid.Tests.Simulation;

/// <summary>The production bridge and agents in virtual time (PROTOCOL 7): that nothing is lost, and that the simulation could tell.</summary>
public sealed class SimulationTests
{
    private static readonly IReadOnlyList<string> Profiles = [.. FsProfile.All.Select(profile => profile.Name)];

    [Test]
    public void Without_any_fault_every_job_ends_once([ValueSource(nameof(Profiles))] string profile)
    {
        using var workshop = new Workshop();
        var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(1, FsProfile.Of(profile), Scenario.Small));
        Assert.Multiple(() =>
        {
            Assert.That(result.Violations, Is.Empty);
            Assert.That(result.NotFinal, Is.Zero);
            Assert.That(result.Executions, Is.GreaterThanOrEqualTo(11), "one of the twelve may be killed before it starts");
        });
    }

    [Test]
    public void A_look_into_a_running_job_shows_what_that_run_wrote()
    {
        using var workshop = new Workshop();
        var scenario = Scenario.Small with { Looks = [.. Enumerable.Range(1, 12).Select(job => ((long)job, TimeSpan.FromSeconds(0.3 * job)))] };
        var results = Profiles.SelectMany(profile => Enumerable.Range(1, 3), (profile, seed) => new RunOrder((ulong)seed, FsProfile.Of(profile), scenario))
            .Select(order => HpcGrid.Simulate.Simulation.Play(workshop, order)).ToList();
        Assert.That(results.SelectMany(result => result.Violations), Is.Empty);
        Assert.That(results.Count(result => result.Looks > 0), Is.GreaterThan(6), "jobs are short and answers slow on some filesystems");
    }

    [Test]
    public void A_bridge_with_an_old_copy_of_its_ledger_loses_nothing([ValueSource(nameof(Profiles))] string profile)
    {
        using var workshop = new Workshop();
        var restored = 0;
        for (var seed = 1UL; seed <= 40; seed++)
        {
            var scenario = Scenario.Random(new HpcGrid.Simulate.World.Dice(seed)) with { FaultShare = 0, Always = [FaultRow.B3], EventsPerMinute = 0, LostAnswers = 0 };
            var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(seed, FsProfile.Of(profile), scenario), keepHistory: true);
            Assert.That(Report.Line(result), Is.Empty);
            if (result.History.Any(line => line.Operation == "restores")) restored++;
        }
        Assert.That(restored, Is.GreaterThan(3));
    }

    /// <summary>In seed 78 somebody looks into a running job, which a thread outside of the simulation once did.</summary>
    [Test]
    public void The_same_seed_gives_the_same_history([Values(3UL, 58UL, 78UL, 311UL)] ulong seed)
    {
        var digests = Enumerable.Range(0, 4).Select(_ =>
        {
            using var workshop = new Workshop();
            return HpcGrid.Simulate.Simulation.Play(workshop, RunOrder.OfSeed(seed, FsProfile.Of("nfs3"))).Digest;
        });
        Assert.That(digests.Distinct().Count(), Is.EqualTo(1));
    }

    /// <summary>The batch system once called a pilot ended of which a second process under its agent's name still lived (Z6).</summary>
    [TestCase(8401307UL, "gpfs")]
    public void A_pilot_has_not_ended_while_a_copy_of_its_agent_lives(ulong seed, string profile) => Holds(seed, profile, 0);

    /// <summary>The checker once took files for left over whose transfers had had to wait and were under way at the end.</summary>
    [TestCase(8003397UL, "gluster")]
    [TestCase(8006716UL, "lustre")]
    [TestCase(8009617UL, "local")]
    public void A_file_that_is_being_fetched_at_the_end_is_not_left_over(ulong seed, string profile) => Holds(seed, profile, 0);

    /// <summary>It once took what a bridge leaves behind for left over though the next one had not begun: its start hung until the end.</summary>
    [TestCase(9827993UL, "local")]
    public void A_file_that_the_next_bridge_has_not_come_to_remove_is_not_left_over(ulong seed, string profile) => Holds(seed, profile, 2);

    /// <summary>Its patience once began with the healing, though the bridge hung for six minutes more and had 700 jobs.</summary>
    [TestCase(10732394UL, "nfs3")]
    public void Jobs_have_their_time_from_when_all_is_well(ulong seed, string profile) => Holds(seed, profile, 2);

    private static void Holds(ulong seed, string profile, int additions)
    {
        using var workshop = new Workshop();
        var order = new RunOrder(seed, FsProfile.Of(profile), Scenario.Random(new HpcGrid.Simulate.World.Dice(seed), additions));
        Assert.That(Report.Line(HpcGrid.Simulate.Simulation.Play(workshop, order)), Is.Empty);
    }

    [Test]
    public void Another_seed_gives_another_history()
    {
        using var workshop = new Workshop();
        var profile = FsProfile.Of("gluster");
        Assert.That(
            HpcGrid.Simulate.Simulation.Play(workshop, RunOrder.OfSeed(1, profile)).Digest,
            Is.Not.EqualTo(HpcGrid.Simulate.Simulation.Play(workshop, RunOrder.OfSeed(2, profile)).Digest));
    }

    [Test]
    public void A_mutant_of_the_protocol_is_caught([ValueSource(nameof(Mutants))] string name)
    {
        const ulong most = 1000;
        var mutant = Mutation.All.Single(mutation => mutation.Name == name);
        using var workshop = new Workshop();
        for (var seed = 1UL; seed <= most; seed++)
        {
            var result = HpcGrid.Simulate.Simulation.Play(workshop, RunOrder.OfSeed(seed, null, mutant));
            if (result.Violations.Count == 0) continue;
            TestContext.Out.WriteLine($"{name} was caught by seed {seed}: {string.Join("; ", result.Violations.Select(found => $"({found.Rule}) {found.What}"))}");
            return;
        }
        Assert.Fail($"{most} seeds did not catch {name}");
    }

    private static IEnumerable<string> Mutants => Mutation.All.Select(mutant => mutant.Name);

    /// <summary>Strikes thinned by a stride; tools/simulate --crash-everywhere does all of them.</summary>
    [Test]
    public void A_strike_at_any_operation_loses_nothing([Values("local", "gluster", "nfs3")] string profile)
    {
        const int stride = 199;
        long operations;
        using (var workshop = new Workshop()) operations = CrashEverywhere.Record(workshop, FsProfile.Of(profile), 1);
        var totals = Runner.Play(CrashEverywhere.Orders(FsProfile.Of(profile), 1, operations, stride), 2, _ => true);
        Assert.Multiple(() =>
        {
            Assert.That(totals.Failed.Select(Report.Line), Is.Empty);
            Assert.That(totals.Runs, Is.GreaterThan(20));
            Assert.That(totals.Crashes, Is.GreaterThan(totals.Runs / 2));
        });
    }
}
