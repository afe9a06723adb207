using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Tests.Batch;

/// <summary>What every batch system must keep when pilots end: by hand, by their walltime, and with every process (R-H8, R-H12).</summary>
[TestFixtureSource(typeof(Flavours), nameof(Flavours.All)), FixtureLifeCycle(LifeCycle.SingleInstance), Parallelizable(ParallelScope.Self)]
public sealed class EndingContractTests(string system)
{
    private SimCluster _cluster = null!;
    private CommandBatchSystem _bridge = null!;

    [OneTimeSetUp]
    public void Up() => _cluster = new SimCluster(system);

    [OneTimeTearDown]
    public void Down() => _cluster.Dispose();

    [SetUp]
    public void Begin() => _bridge = _cluster.Bridge();

    [TearDown]
    public void End() => _cluster.Quiet();

    [Test]
    public async Task A_pilot_that_waits_is_cancelled()
    {
        var full = _cluster.Pilot(6);
        await _bridge.Submit(full, default);
        var pilot = _cluster.Pilot();
        await _bridge.Submit(pilot, default);
        await _cluster.UntilCancelled(_bridge, pilot);
        _cluster.Go(full);
        await _cluster.UntilState(_bridge, full, BatchState.Ended);
        Assert.That(_cluster.Agents(pilot), Is.Empty);
    }

    [Test]
    public async Task A_pilot_that_runs_is_cancelled_with_all_its_agents()
    {
        var pilot = _cluster.Pilot(2);
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot, 2);
        await _cluster.UntilCancelled(_bridge, pilot);
        Assert.That(_cluster.SignalsOf(pilot), Has.Count.GreaterThanOrEqualTo(2), "they were told before they were killed");
        AssertNothingRuns(pilot);
    }

    [Test]
    public async Task An_agent_that_ignores_every_signal_is_killed()
    {
        var pilot = _cluster.Pilot(stubborn: true);
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        await _cluster.UntilCancelled(_bridge, pilot);
        AssertNothingRuns(pilot);
    }

    [Test]
    public async Task Until_its_last_process_is_gone_a_cancelled_pilot_has_not_ended()
    {
        var pilot = _cluster.Pilot(stubborn: true);
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        await _bridge.Cancel([pilot.Tag], default);
        var state = (await _cluster.State(_bridge, pilot)).State;
        if (Running(pilot)) Assert.That(state, Is.Not.EqualTo(BatchState.Ended));
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
    }

    [Test]
    public async Task What_is_cancelled_twice_has_ended_or_was_never_there_is_cancelled()
    {
        var pilot = _cluster.Pilot();
        await _bridge.Submit(pilot, default);
        await _bridge.Cancel([pilot.Tag, "p0-never"], default);
        await _bridge.Cancel([pilot.Tag], default);
        await _cluster.Ended(pilot);
        await _cluster.Bridge().Cancel([pilot.Tag], default);
        _cluster.Own("forget", _cluster.JobsOf(pilot).Single());
        await _cluster.Bridge().Cancel([pilot.Tag], default);
    }

    [Test]
    public async Task A_cancellation_that_fails_says_so_and_is_made_again()
    {
        var pilot = _cluster.Pilot();
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        _cluster.Fault($"{_cluster.Commands.Cancel} fail x1");
        Assert.That((await Assert.ThrowsAsync<GridError>(() => _bridge.Cancel([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
        await _cluster.UntilCancelled(_bridge, pilot);
    }

    [Test]
    public async Task The_walltime_ends_a_pilot_with_the_systems_own_signals()
    {
        // A minute is a tenth of a second here.
        var pilot = _cluster.Pilot(minutes: 20);
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        var last = Flavours.WalltimeSignal(system);
        await SimCluster.Until(() => _cluster.SignalsOf(pilot).Contains(last), $"the {last} of its walltime");
        // USR2 is a word, and no end of its own.
        if (last == "USR2") _cluster.Go(pilot);
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        Assert.That(_cluster.SignalsOf(pilot).Distinct(), Is.EqualTo(new[] { last }));
    }

    [Test]
    public async Task A_long_pilot_is_warned_before_its_end_where_the_system_can()
    {
        var pilot = _cluster.Pilot(minutes: 35);
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        await SimCluster.Until(() => _cluster.SignalsOf(pilot).Count > 0, "a signal");
        Assert.That(_cluster.SignalsOf(pilot)[0], Is.EqualTo(Flavours.FirstSignal(system)));
    }

    private bool Running(PilotRequest pilot) => Directory.EnumerateDirectories("/proc").Any(process => Environ(process).Contains($"HPCGRID_PILOT={pilot.Tag}", StringComparison.Ordinal));

    private void AssertNothingRuns(PilotRequest pilot) => Assert.That(Running(pilot), Is.False);

    private static string Environ(string process)
    {
        try { return File.ReadAllText(process + "/environ"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
