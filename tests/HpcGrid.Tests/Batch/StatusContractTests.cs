using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Batch;

/// <summary>What every batch system must keep when it is asked: nothing but its clear word makes a pilot disappear (R-H5 to R-H7).</summary>
[TestFixtureSource(typeof(Flavours), nameof(Flavours.All)), FixtureLifeCycle(LifeCycle.SingleInstance), Parallelizable(ParallelScope.Self)]
public sealed class StatusContractTests(string system)
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
    public async Task A_pilot_waits_runs_and_ends()
    {
        var full = _cluster.Pilot(6);
        await _bridge.Submit(full, default);
        var pilot = _cluster.Pilot();
        await _bridge.Submit(pilot, default);
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Queued));
        _cluster.Go(full);
        await _cluster.UntilState(_bridge, pilot, BatchState.Running);
        _cluster.Go(pilot);
        var seen = await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        if (!Flavours.ForgetsEnds(system)) Assert.That(seen, Has.None.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task A_pilot_whose_script_fails_has_ended([Values(1, 127)] int code)
    {
        var pilot = _cluster.Pilot();
        _cluster.Go(pilot, code);
        await _bridge.Submit(pilot, default);
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Ended));
    }

    [Test]
    public async Task All_pilots_are_asked_for_in_one_question()
    {
        var pilots = Enumerable.Range(0, 5).Select(_ => _cluster.Pilot()).ToList();
        foreach (var pilot in pilots) await _bridge.Submit(pilot, default);
        foreach (var pilot in pilots) await _cluster.Started(pilot);
        _cluster.Fault($"{_cluster.Commands.Status} warn x50");
        var statuses = await _bridge.Status([.. pilots.Select(pilot => pilot.Tag)], default);
        Assert.That(_cluster.Faults(), Is.EqualTo($"{_cluster.Commands.Status} warn x49"));
        Assert.That(statuses.Select(status => (status.Tag, status.State)), Is.EquivalentTo(pilots.Select(pilot => (pilot.Tag, BatchState.Running))));
    }

    [Test]
    public async Task A_status_that_fails_ends_nothing_and_the_next_one_tells()
    {
        var pilot = await Running();
        _cluster.Fault($"{_cluster.Commands.Status} fail x2");
        for (var i = 0; i < 2; i++) Assert.That((await Assert.ThrowsAsync<GridError>(() => _bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_status_that_hangs_is_given_up_and_ends_nothing()
    {
        var pilot = await Running();
        _cluster.Fault($"{_cluster.Commands.Status} hang x1");
        Assert.That((await Assert.ThrowsAsync<GridError>(() => _cluster.Bridge(patience: 1).Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_scheduler_that_is_away_and_comes_back_has_its_pilots_still()
    {
        var pilot = await Running();
        _cluster.Kill();
        Assert.That((await Assert.ThrowsAsync<GridError>(() => _bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        var late = _cluster.Pilot();
        Assert.That((await Assert.ThrowsAsync<GridError>(() => _bridge.Submit(late, default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        _cluster.Up();
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
        _cluster.Go(pilot);
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        Assert.That(_cluster.Agents(pilot), Has.Count.EqualTo(1), "it was not started again");
    }

    [Test]
    public async Task A_scheduler_that_knows_no_job_ends_nothing_at_once_and_then_by_guess()
    {
        var pilot = await Running();
        _cluster.Fault($"{_cluster.Commands.Status} unknown-id");
        if (_cluster.Commands.History.Length > 0 && _cluster.Commands.History != _cluster.Commands.Status) _cluster.Fault($"{_cluster.Commands.History} unknown-id");
        for (var i = 0; i < 2; i++) Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
        BatchStatus status = null!;
        for (var i = 0; i < Limits.AnswersUntilLost; i++)
        {
            _cluster.Time.Advance(Limits.AbsentUntilLost / 4);
            status = await _cluster.State(_bridge, pilot);
        }
        Assert.That((status.State, status.IsGuess), Is.EqualTo((BatchState.Ended, true)), "a guess, which a heartbeat outweighs");
    }

    [Test]
    public async Task A_pilot_that_is_seen_again_was_never_lost()
    {
        var pilot = await Running();
        _cluster.Fault("* unknown-id x3");
        for (var i = 0; i < 2; i++) await _cluster.State(_bridge, pilot);
        _cluster.Own("fault", "clear");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
        _cluster.Time.Advance(Limits.AbsentUntilLost);
        _cluster.Fault("* unknown-id");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task An_end_that_the_queue_has_forgotten_is_found_in_the_history_or_is_unknown()
    {
        var pilot = await Running();
        _cluster.Go(pilot);
        await _cluster.Ended(pilot);
        _cluster.Fault($"{_cluster.Commands.Status} forget");
        var hasHistory = _cluster.Commands.History is { Length: > 0 } history && history != _cluster.Commands.Status;
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(hasHistory ? BatchState.Ended : BatchState.Unknown));
    }

    [Test]
    public async Task A_history_that_does_not_answer_ends_nothing()
    {
        var pilot = await Running();
        _cluster.Go(pilot);
        await _cluster.Ended(pilot);
        _cluster.Fault($"{_cluster.Commands.Status} forget");
        if (_cluster.Commands.History.Length > 0) _cluster.Fault($"{_cluster.Commands.History} fail");
        if (_cluster.Commands.History == _cluster.Commands.Status)
            Assert.That((await Assert.ThrowsAsync<GridError>(() => _bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        else Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task An_answer_cut_anywhere_gives_the_state_or_none([Values(1, 40, 200, 700, 0)] int bytes)
    {
        var pilot = await Running();
        _cluster.Fault($"* truncate {bytes}");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.AnyOf(BatchState.Running, BatchState.Unknown));
    }

    [Test]
    public async Task Warnings_before_an_answer_change_nothing()
    {
        var pilot = await Running();
        _cluster.Fault("* warn");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task States_in_another_language_are_unknown()
    {
        var pilot = await Running();
        _cluster.Fault("* foreign");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task A_name_of_somebody_that_is_no_text_changes_nothing()
    {
        var pilot = await Running();
        _cluster.Fault("* strange-name");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task Fifty_thousand_jobs_of_others_change_nothing()
    {
        var pilot = await Running();
        _cluster.Fault($"{_cluster.Commands.Status} crowd 50000 x1");
        Assert.That((await _cluster.State(_bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_pilot_that_is_requeued_under_its_id_has_not_ended()
    {
        var pilot = await Running();
        var id = _cluster.JobsOf(pilot).Single();
        _cluster.Own("requeue", id);
        await _cluster.Started(pilot, 2);
        Assert.That((await _cluster.State(_bridge, pilot)), Has.Property(nameof(BatchStatus.State)).EqualTo(BatchState.Running));
        Assert.That(await _bridge.Submit(pilot, default), Does.StartWith(id));
        Assert.That(_cluster.JobsOf(pilot), Is.EqualTo(new[] { id }));
    }

    [Test]
    public async Task A_pilot_whose_node_died_has_ended_and_does_not_come_again()
    {
        var pilot = await Running();
        var node = _cluster.Agents(pilot).Single().Node;
        _cluster.Own("node", "down", node);
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        _cluster.Own("node", "up", node);
        Assert.That(_cluster.Agents(pilot), Has.Count.EqualTo(1), "the script forbids that it starts again under its id");
    }

    private async Task<PilotRequest> Running()
    {
        var pilot = _cluster.Pilot();
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        return pilot;
    }
}
