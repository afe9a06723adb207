using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>Files of jobs that must not run twice at a time: they begin when told (A3).</summary>
public sealed class StrictFileTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_strict_job_begins_when_told_and_is_offered_again_only_when_its_node_is_surely_gone()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7, repeatable: false));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        Assert.That(queue.Header.StartMode, Is.EqualTo(StartMode.Acked));
        _rig.Ticks(20);
        Assert.That(agent.Messages(), Does.Not.Contain(new Start(queue.Header.Name)), "the agent has not said that it has the file");
        agent.Publish(queue, false, []);
        _rig.Until(() => agent.Messages().Contains(new Start(queue.Header.Name)), "the agent may begin");
        agent.Publish(queue, true, [agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Preempted)]);
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the final version is acked");
        _rig.Ticks(50);
        Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False, "the payload ran, and its node may still be there");
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = BatchState.Ended;
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Requeued), "the batch system confirms the end");
    }

    /// <summary>Found by simulation (V5; local, seed 1974): a version that could not be published is followed by the next number.</summary>
    [Test]
    public void A_strict_job_begins_whatever_number_the_first_version_has_that_is_seen()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7, repeatable: false));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, 3, false, []);
        var start = new Start(queue.Header.Name);
        _rig.Until(() => agent.Messages().Contains(start), "the agent may begin");
        for (var i = 0; i < 60; i++)
        {
            agent.Beat();
            _rig.Ticks(1, 1);
        }
        Assert.That(agent.Messages().Count(message => message.Equals(start)), Is.GreaterThan(1), "it is said until it has begun");
        queue = queue with { Header = queue.Header with { StartMode = StartMode.Optimistic } };
        agent.Publish(queue, 4, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(told => told.What is Running), "it runs");
        var said = agent.Messages().Count(message => message.Equals(start));
        for (var i = 0; i < 60; i++)
        {
            agent.Beat();
            _rig.Ticks(1, 1);
        }
        Assert.That(agent.Messages().Count(message => message.Equals(start)), Is.EqualTo(said));
    }

    [Test]
    public void A_strict_file_that_surfaces_when_its_jobs_were_offered_again_is_handed_back()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7, repeatable: false));
        var agent = _rig.Agent();
        _rig.Until(() => agent.Spool.ListPool(0, 10).Items.Count == 1, "it is offered");
        var offer = Path.Combine(_rig.Options.Spool, "pool", "00", agent.Spool.ListPool(0, 10).Items[0].FileName);
        var hidden = Path.Combine(_rig.Options.State, "hidden");
        File.Move(offer, hidden);
        _rig.Until(() =>
        {
            agent.Beat();
            _rig.Time.Advance(TimeSpan.FromSeconds(20));
            return agent.Spool.ListPool(0, 10).Items.Count == 1;
        }, "its job is offered again");
        File.Move(hidden, offer);
        var (late, next) = (agent.TryClaim()!, agent.TryClaim()!);
        Assert.That((late.Header.Name.Generation, next.Header.Name.Generation), Is.EqualTo((1, 2)));
        agent.Publish(late, false, []);
        agent.Publish(next, false, []);
        _rig.Until(() => agent.Messages().Contains(new Yield(late.Header.Name, 0)), "nobody will tell the first one to begin");
        _rig.Until(() => agent.Messages().Contains(new Start(next.Header.Name)), "the second one may begin");
        Assert.That(agent.Messages(), Does.Not.Contain(new Start(late.Header.Name)));
        agent.Finish(late, Outcome.HandedBack);
        agent.Finish(next);
        _rig.Until(() => agent.Messages().Contains(new Ack(late.Header.Name)), "the agent may forget it");
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the job is done");
        Assert.That(_rig.Central.EndsOf(7), Is.EqualTo(1));
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
