using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Tests.Batch.Contract;

/// <summary>What every batch system must keep when it is asked: nothing but its clear word makes a pilot disappear (R-H5 to R-H7).</summary>
public abstract class StatusCases : ContractCases
{
    private protected StatusCases(Func<ContractCluster> open) : base(open)
    {
    }

    [Test]
    public async Task A_pilot_waits_runs_and_ends()
    {
        var (pilot, letBegin) = await Cluster.Waiting();
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Queued));
        await letBegin();
        await Cluster.UntilState(Bridge, pilot, BatchState.Running);
        Cluster.Go(pilot);
        var seen = await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        if (!Cluster.Nature.ForgetsEnds) Assert.That(seen, Has.None.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task A_pilot_whose_script_fails_has_ended([Values(1, 127)] int code)
    {
        var pilot = Cluster.Pilot();
        Cluster.Go(pilot, code);
        await Bridge.Submit(pilot, default);
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Ended));
    }

    [Test]
    public async Task All_pilots_are_asked_for_in_one_question()
    {
        var pilots = Enumerable.Range(0, 5).Select(_ => Cluster.Pilot()).ToList();
        foreach (var pilot in pilots) await Bridge.Submit(pilot, default);
        foreach (var pilot in pilots) await Cluster.Started(pilot);
        Cluster.Fault($"{Cluster.Commands.Status} warn x50");
        var statuses = await Bridge.Status([.. pilots.Select(pilot => pilot.Tag)], default);
        Assert.That(Cluster.Faults(), Is.EqualTo($"{Cluster.Commands.Status} warn x49"));
        Assert.That(statuses.Select(status => (status.Tag, status.State)), Is.EquivalentTo(pilots.Select(pilot => (pilot.Tag, BatchState.Running))));
    }

    [Test]
    public async Task A_status_that_fails_ends_nothing_and_the_next_one_tells()
    {
        var pilot = await Running();
        Cluster.Fault($"{Cluster.Commands.Status} fail x2");
        for (var i = 0; i < 2; i++) Assert.That((await Assert.ThrowsAsync<GridError>(() => Bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_status_that_hangs_is_given_up_and_ends_nothing()
    {
        var pilot = await Running();
        Cluster.Fault($"{Cluster.Commands.Status} hang x1");
        Assert.That((await Assert.ThrowsAsync<GridError>(() => Cluster.Bridge(patience: 1).Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        // On a busy machine it was given up before it came to hang.
        Cluster.ClearFaults();
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_scheduler_that_is_away_and_comes_back_has_its_pilots_still()
    {
        var pilot = await Running();
        Cluster.GoAway();
        Assert.That((await Assert.ThrowsAsync<GridError>(() => Bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        var late = Cluster.Pilot();
        Assert.That((await Assert.ThrowsAsync<GridError>(() => Bridge.Submit(late, default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Cluster.ComeBack();
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
        Cluster.Go(pilot);
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        Assert.That(Cluster.Agents(pilot), Has.Count.EqualTo(1), "it was not started again");
    }

    [Test]
    public async Task A_scheduler_that_knows_no_job_ends_nothing_at_once_and_then_by_guess()
    {
        var pilot = await Running();
        Cluster.Fault($"{Cluster.Commands.Status} unknown-id");
        if (Cluster.Commands.History.Length > 0 && Cluster.Commands.History != Cluster.Commands.Status) Cluster.Fault($"{Cluster.Commands.History} unknown-id");
        for (var i = 0; i < 2; i++) Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
        BatchStatus status = null!;
        for (var i = 0; i < Cluster.Shipped.Lost.Answers; i++)
        {
            Cluster.Time.Advance(Cluster.Shipped.Lost.After / 4);
            status = await Cluster.State(Bridge, pilot);
        }
        Assert.That((status.State, status.IsGuess), Is.EqualTo((BatchState.Ended, true)), "a guess, which a heartbeat outweighs");
    }

    [Test]
    public async Task A_pilot_that_is_seen_again_was_never_lost()
    {
        var pilot = await Running();
        Cluster.Fault("* unknown-id x3");
        for (var i = 0; i < 2; i++) await Cluster.State(Bridge, pilot);
        Cluster.ClearFaults();
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
        Cluster.Time.Advance(Cluster.Shipped.Lost.After);
        Cluster.Fault("* unknown-id");
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task An_end_that_the_queue_has_forgotten_is_found_in_the_history_or_is_unknown()
    {
        var pilot = await Running();
        Cluster.Go(pilot);
        await Cluster.Ended(pilot);
        Cluster.Fault($"{Cluster.Commands.Status} forget");
        var hasHistory = Cluster.Nature.KeepsHistory && Cluster.Commands.History is { Length: > 0 } history && history != Cluster.Commands.Status;
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(hasHistory ? BatchState.Ended : BatchState.Unknown));
    }

    [Test]
    public async Task A_history_that_does_not_answer_ends_nothing()
    {
        var pilot = await Running();
        Cluster.Go(pilot);
        await Cluster.Ended(pilot);
        Cluster.Fault($"{Cluster.Commands.Status} forget");
        if (Cluster.Commands.History.Length > 0) Cluster.Fault($"{Cluster.Commands.History} fail");
        if (Cluster.Commands.History == Cluster.Commands.Status)
            Assert.That((await Assert.ThrowsAsync<GridError>(() => Bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        else Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task An_answer_cut_anywhere_gives_the_state_or_none([Values(1, 40, 200, 700, 0)] int bytes)
    {
        var pilot = await Running();
        Cluster.Fault($"* truncate {bytes}");
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.AnyOf(BatchState.Running, BatchState.Unknown));
    }

    [Test]
    public async Task Warnings_before_an_answer_change_nothing()
    {
        var pilot = await Running();
        Cluster.Fault("* warn");
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task States_in_another_language_are_unknown()
    {
        var pilot = await Running();
        Cluster.Fault("* foreign");
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task A_name_of_somebody_that_is_no_text_changes_nothing()
    {
        var pilot = await Running();
        Cluster.Fault("* strange-name");
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task Fifty_thousand_jobs_of_others_change_nothing()
    {
        var pilot = await Running();
        Cluster.Fault($"{Cluster.Commands.Status} crowd 50000 x1");
        Assert.That((await Cluster.State(Bridge, pilot)).State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_pilot_that_is_requeued_under_its_id_has_not_ended()
    {
        Needs(Ability.Requeue);
        var pilot = await Running();
        var id = Cluster.JobsOf(pilot).Single();
        Cluster.Requeue(pilot);
        await Cluster.Started(pilot, 2);
        Assert.That((await Cluster.State(Bridge, pilot)), Has.Property(nameof(BatchStatus.State)).EqualTo(BatchState.Running));
        Assert.That(await Bridge.Submit(pilot, default), Does.StartWith(id));
        Assert.That(Cluster.JobsOf(pilot), Is.EqualTo(new[] { id }));
    }

    [Test]
    public async Task A_pilot_whose_node_died_has_ended_and_does_not_come_again()
    {
        Needs(Ability.NodeDeath);
        var pilot = await Running();
        var node = Cluster.Agents(pilot).Single().Node;
        Cluster.NodeDown(node);
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        Cluster.NodeUp(node);
        Assert.That(Cluster.Agents(pilot), Has.Count.EqualTo(1), "the script forbids that it starts again under its id");
    }
}
