using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Tests.Batch.Contract;

/// <summary>What every batch system must keep when pilots end: by hand, by their walltime, and with every process (R-H8, R-H12).</summary>
public abstract class EndingCases : ContractCases
{
    private protected EndingCases(Func<ContractCluster> open) : base(open)
    {
    }

    [Test]
    public async Task A_pilot_that_waits_is_cancelled()
    {
        var (pilot, letBegin) = await Cluster.Waiting();
        await Cluster.UntilCancelled(Cluster.Bridge(), pilot);
        await letBegin();
        Assert.That(Cluster.Agents(pilot), Is.Empty);
    }

    [Test]
    public async Task A_pilot_that_runs_is_cancelled_with_all_its_agents()
    {
        var agents = Cluster.Nature.Lacks.ContainsKey(Ability.SeveralNodes) ? 1 : 2;
        var pilot = Cluster.Pilot(agents);
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot, agents);
        await Cluster.UntilCancelled(Bridge, pilot);
        // Where a system says that a pilot has ended while it still ends its processes, their last words come later.
        if (Cluster.Nature.Lacks.ContainsKey(Ability.KnownEnds)) await Cluster.Until(() => !IsAlive(pilot), "its processes to end");
        Assert.That(Cluster.SignalsOf(pilot), Has.Count.GreaterThanOrEqualTo(agents), "they were told before they were killed");
        AssertNothingRuns(pilot);
    }

    [Test]
    public async Task An_agent_that_ignores_every_signal_is_killed()
    {
        Needs(Ability.KnownEnds);
        var pilot = Cluster.Pilot(stubborn: true);
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        await Cluster.UntilCancelled(Bridge, pilot);
        AssertNothingRuns(pilot);
    }

    [Test]
    public async Task Until_its_last_process_is_gone_a_cancelled_pilot_has_not_ended()
    {
        Needs(Ability.KnownEnds);
        var pilot = Cluster.Pilot(stubborn: true);
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        await Bridge.Cancel([pilot.Tag], default);
        var state = (await Cluster.State(Bridge, pilot)).State;
        if (IsAlive(pilot)) Assert.That(state, Is.Not.EqualTo(BatchState.Ended));
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
    }

    [Test]
    public async Task What_is_cancelled_twice_has_ended_or_was_never_there_is_cancelled()
    {
        var pilot = Cluster.Pilot();
        await Bridge.Submit(pilot, default);
        await Bridge.Cancel([pilot.Tag, "p0-never"], default);
        await Bridge.Cancel([pilot.Tag], default);
        await Cluster.Ended(pilot);
        await Cluster.Bridge().Cancel([pilot.Tag], default);
        Cluster.Forget(pilot);
        await Cluster.Bridge().Cancel([pilot.Tag], default);
    }

    [Test]
    public async Task A_cancellation_that_fails_says_so_and_is_made_again()
    {
        var pilot = Cluster.Pilot();
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        Cluster.Fault($"{Cluster.Commands.Cancel} fail x1");
        Assert.That((await Assert.ThrowsAsync<GridError>(() => Bridge.Cancel([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
        await Cluster.UntilCancelled(Bridge, pilot);
    }

    [Test]
    public async Task The_walltime_ends_a_pilot_with_the_systems_own_signals()
    {
        var pilot = Cluster.Pilot(walltime: Cluster.Nature.ShortWalltime);
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        var last = Cluster.Nature.WalltimeSignal;
        await Cluster.Until(() => Cluster.SignalsOf(pilot).Contains(last), $"the {last} of its walltime");
        // USR2 is a word, and no end of its own.
        if (last == "USR2") Cluster.Go(pilot);
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        Assert.That(Cluster.SignalsOf(pilot).Distinct(), Is.EqualTo(new[] { last }));
    }

    [Test]
    public async Task A_long_pilot_is_warned_before_its_end_where_the_system_can()
    {
        Needs(Ability.LongWalltime);
        var pilot = Cluster.Pilot(walltime: TimeSpan.FromMinutes(35));
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        await Cluster.Until(() => Cluster.SignalsOf(pilot).Count > 0, "a signal");
        Assert.That(Cluster.SignalsOf(pilot)[0], Is.EqualTo(Cluster.Nature.FirstSignal));
    }

    private static bool IsAlive(PilotRequest pilot) => Directory.EnumerateDirectories("/proc").Any(process => Environ(process).Contains($"HPCGRID_PILOT={pilot.Tag}", StringComparison.Ordinal));

    private static void AssertNothingRuns(PilotRequest pilot) => Assert.That(IsAlive(pilot), Is.False);

    private static string Environ(string process)
    {
        try { return File.ReadAllText(process + "/environ"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
