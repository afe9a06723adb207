using HpcGrid.Bridge.Nodes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>Idle nodes get work that loaded ones have not begun.</summary>
public sealed class StealTests
{
    private static readonly QueueName First = new(1, 1), Second = new(2, 1);

    [Test]
    public void Nothing_moves_while_nobody_is_idle() =>
        Assert.That(StealRules.Decide([new Backlog("a", 2, [(First, 100)])], 0, 60), Is.Empty);

    [Test]
    public void A_loaded_agent_keeps_its_share_by_cores() =>
        Assert.That(StealRules.Decide([new Backlog("a", 2, [(First, 90)])], 4, 60), Is.EqualTo(new[] { new GivesAway("a", First, 30) }));

    [Test]
    public void The_files_that_were_claimed_last_give_first() =>
        Assert.That(StealRules.Decide([new Backlog("a", 1, [(First, 10), (Second, 10)])], 1, 60), Is.EqualTo(new[] { new GivesAway("a", Second, 0) }));

    [Test]
    public void Of_several_loaded_ones_only_those_above_their_share_give() =>
        Assert.That(StealRules.Decide([new Backlog("a", 2, [(First, 95)]), new Backlog("b", 2, [(Second, 5)])], 1, 60),
            Is.EqualTo(new[] { new GivesAway("a", First, 40) }));

    [TestCase(0.1, false)]
    [TestCase(10, true)]
    [TestCase(null, true)]
    public void What_is_done_soon_stays_where_it_is(double? seconds, bool moves) =>
        Assert.That(StealRules.Decide([new Backlog("a", 2, [(First, 10)])], 2, seconds), moves ? Is.Not.Empty : Is.Empty);

    [Test]
    public void What_nobody_failed_costs_no_tries_and_what_failed_does([Values] bool spared)
    {
        using var rig = new BridgeRig();
        rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = rig.Agent();
        var rounds = 0;
        WorkQueue? queue = null;
        for (; rounds < 20; rounds++)
        {
            queue = null;
            rig.Until(() => (queue = agent.TryClaim()) is not null || rig.Central.EndOf(7) is not null, "it is offered again, or given up");
            if (queue is null) break;
            Assert.That(queue.Jobs.Single().Branch, Is.EqualTo(rounds));
            agent.Publish(queue, true, [agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.HandedBack) with { Spared = spared }]);
        }
        Assert.That(rounds, Is.EqualTo(spared ? 20 : 9));
        Assert.That(rig.Central.EndOf(7)?.State, Is.EqualTo(spared ? null : JobState.Expired));
    }

    [Test]
    public void Unstarted_jobs_of_a_loaded_agent_come_to_an_idle_one_and_each_ends_once()
    {
        using var rig = new BridgeRig();
        rig.Options = rig.Options with { Batch = rig.Options.Batch with { Nodes = 2 } };
        for (var job = 1; job <= 6; job++) rig.Central.Waiting.Enqueue(FakeCentral.Job(job));
        var loaded = rig.Agent("loaded");
        var files = new List<WorkQueue>();
        rig.Until(() =>
        {
            if (loaded.TryClaim() is { } claimed) files.Add(claimed);
            return files.Sum(file => file.Jobs.Count) == 6;
        }, "all jobs are claimed by one agent");
        var idle = rig.Agent("idle");
        Yield? yield = null;
        rig.Until(() =>
        {
            loaded.Beat();
            idle.Beat();
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return (yield = loaded.Messages().OfType<Yield>().FirstOrDefault()) is not null;
        }, "the loaded agent is told to hand some back");

        var file = files.Single(one => one.Header.Name == yield!.Queue);
        loaded.Publish(file, false, [.. file.Jobs.Skip(yield!.Keep).Select(job => loaded.Report(job, ReportStage.Ended, Outcome.HandedBack))]);
        WorkQueue? stolen = null;
        rig.Until(() => (stolen = idle.TryClaim()) is not null, "they are offered again");
        idle.Finish(stolen!);
        foreach (var own in files)
            loaded.Publish(own, true, own.Jobs.Where(job => stolen!.Jobs.All(other => other.Id != job.Id)).Select(job => loaded.Report(job, ReportStage.Ended, Outcome.Succeeded))
                .Concat(own.Jobs.Where(job => stolen!.Jobs.Any(other => other.Id == job.Id)).Select(job => loaded.Report(job, ReportStage.Ended, Outcome.HandedBack))));
        rig.Until(() => Enumerable.Range(1, 6).All(job => rig.Central.EndOf(job)?.State == JobState.Done), "all jobs are done");
        Assert.That(Enumerable.Range(1, 6).Select(job => rig.Central.EndsOf(job)), Is.All.EqualTo(1));
    }
}
