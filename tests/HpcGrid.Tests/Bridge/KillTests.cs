using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>Killing at every stage of a job (K1).</summary>
public sealed class KillTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_job_in_the_pool_ends_at_once_and_its_offer_is_withdrawn_or_whoever_claims_it_is_told()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        _rig.Until(() => agent.Spool.ListPool(0, 10).Items.Count > 0, "it is offered");
        _rig.Central.Kill[new AttemptId(7, 1)] = true;
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Killed, "it is over");
        // The rig's clock runs with every tick: reconciliation may have been faster than this agent.
        if (agent.TryClaim() is null)
        {
            Assert.That(agent.Spool.ListPool(0, 10).Items, Is.Empty);
            return;
        }
        _rig.Until(() => agent.Messages().Contains(new Kill(new AttemptId(7, 1))), "the agent is told");
    }

    [Test]
    public void A_running_job_ends_when_its_agent_says_so()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "it runs");
        _rig.Central.Arrivals!.Pushed(new KillNow([new AttemptId(7, 1)]));
        _rig.Until(() => agent.Messages().Contains(new Kill(new AttemptId(7, 1))), "the agent is told");
        Assert.That(_rig.Central.EndOf(7), Is.Null);
        agent.Finish(queue, Outcome.Killed);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Killed, "it is over");
    }

    [Test]
    public void A_kill_lies_in_the_inbox_of_an_agent_that_has_applied_many_messages_of_a_bridge_before_until_that_agent_has_applied_it()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        agent.Spool.Heartbeat(new HeartbeatMarker(1, 1, Draining: false, Full: false) { Applied = 900 });
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "it runs");
        _rig.Central.Arrivals!.Pushed(new KillNow([new AttemptId(7, 1)]));
        _rig.Ticks(20);
        Assert.That(agent.Messages(), Does.Contain(new Kill(new AttemptId(7, 1))));
    }

    [Test]
    public void A_kill_without_effect_is_said_again()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        Claim(agent);
        _rig.Ticks(20);
        _rig.Central.Kill[new AttemptId(7, 1)] = true;
        _rig.Until(() => { agent.Beat(); _rig.Time.Advance(TimeSpan.FromSeconds(1)); return agent.Messages().Count(message => message is Kill) > 1; }, "it is said again");
    }

    [Test]
    public void A_killed_job_of_a_dead_agent_is_not_offered_again()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        Claim(agent);
        _rig.Ticks(20);
        _rig.Central.Kill[new AttemptId(7, 1)] = true;
        _rig.Until(() => agent.Messages().Any(message => message is Kill), "the agent is told");
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = HpcGrid.Bridge.Pilots.BatchState.Ended;
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Killed, "it is over");
        Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False);
    }

    [Test]
    public void A_kill_of_an_attempt_that_is_not_held_is_answered()
    {
        _rig.Central.Kill[new AttemptId(99, 2)] = true;
        _rig.Until(() => _rig.Central.EndOf(99)?.State == JobState.Killed, "central hears that it is over");
    }

    [Test]
    public void An_attempt_that_is_over_for_central_is_dropped_and_stopped_without_a_word()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        _rig.Central.Fenced[new AttemptId(7, 1)] = true;
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => agent.Messages().Contains(new Kill(new AttemptId(7, 1))), "the agent is told");
        agent.Finish(queue, Outcome.Killed);
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the file is over");
        Assert.That(_rig.Central.EndOf(7), Is.Null);
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
