using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>What cannot be (PROTOCOL 4): one queue file in the claim directories of two agents.</summary>
public sealed class DoubleClaimTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void Both_agents_are_fenced_and_the_job_is_offered_again_once()
    {
        var (first, second, _) = ClaimTwice();
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Requeued), "it is offered again");
        _rig.Until(() => first.Spool.CheckLive() != Liveness.Live && second.Spool.CheckLive() != Liveness.Live, "both are fenced");
        var third = _rig.Agent("node3");
        var again = Claim(third);
        third.Finish(again);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        _rig.Ticks(100);
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Batch.Cancelled, Is.Not.Empty, "a living pilot has to be cancelled first");
            Assert.That(again.Jobs.Single().Branch, Is.EqualTo(1));
            Assert.That(_rig.Central.Of(7).Count(e => e.What is Requeued), Is.EqualTo(1));
            Assert.That(_rig.Central.EndsOf(7), Is.EqualTo(1));
        });
    }

    [Test]
    public void Of_two_results_the_first_counts_and_nothing_is_offered_again()
    {
        var (first, second, queue) = ClaimTwice();
        second.Finish(queue);
        first.Finish(queue, Outcome.ExecutionFailed);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        _rig.Until(() => first.Spool.CheckLive() != Liveness.Live && second.Spool.CheckLive() != Liveness.Live, "both are fenced");
        _rig.Ticks(100);
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.EndsOf(7), Is.EqualTo(1));
            Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False);
        });
    }

    [Test]
    public void The_second_claimant_cannot_hand_back_what_the_owner_runs()
    {
        _rig.Batch.Away = true;
        var (first, second, queue) = ClaimTwice();
        second.Publish(queue, true, []);
        _rig.Ticks(100);
        Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False);
        first.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the owner's result counts");
        Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.Done));
    }

    [Test]
    public void What_a_second_claimant_started_is_an_alarm_once()
    {
        _rig.Batch.Away = true;
        var (first, second, queue) = ClaimTwice();
        second.Finish(queue);
        _rig.Until(() => Alarms().Count > 0, "the alarm is told");
        second.Finish(queue);
        _rig.Ticks(100);
        Assert.That(Alarms(), Has.Count.EqualTo(1));
        Assert.That(Alarms()[0], Does.Contain($"by agent {second.Name}").And.Contain($"while agent {first.Name} holds it"));

        List<string> Alarms() => [.. _rig.Central.Of(7).Select(e => e.What).OfType<Noted>().Where(note => note.IsAlarm is true).Select(note => note.Text).Distinct()];
    }

    private (PlayedAgent Owner, PlayedAgent Second, WorkQueue Queue) ClaimTwice()
    {
        var away = _rig.Batch.Away;
        _rig.Batch.Away = false;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var first = _rig.Agent();
        var queue = Claim(first);
        _rig.Ticks(50);
        var second = _rig.Agent("node2");
        _rig.Batch.Away = away;
        File.Copy(ClaimOf(first, queue), ClaimOf(second, queue));
        return (first, second, queue);
    }

    private string ClaimOf(PlayedAgent agent, WorkQueue queue) =>
        Path.Combine(_rig.Options.Spool, "agents", agent.Name, "live", "claim", queue.Header.Name.FileName);

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
