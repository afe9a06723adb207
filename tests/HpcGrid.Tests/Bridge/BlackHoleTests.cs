using HpcGrid.Core.Api;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>R-A13 on the level of nodes: who fails what others do well gets no more work.</summary>
public sealed class BlackHoleTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [TestCase(10, 10, 0, 20, true, Description = "it fails what others do")]
    [TestCase(10, 10, 20, 20, false, Description = "all fail: the production is broken")]
    [TestCase(1000, 1000, 100, 100, false, Description = "many failures of a broken production prove no more than few")]
    [TestCase(10, 10, 2, 20, true, Description = "others fail seldom")]
    [TestCase(10, 10, 15, 20, false, Description = "others fail mostly")]
    [TestCase(10, 5, 0, 20, false, Description = "half of its jobs are fine")]
    [TestCase(4, 4, 0, 20, false, Description = "too few to know")]
    [TestCase(10, 10, 0, 3, false, Description = "too few elsewhere to compare with")]
    [TestCase(10, 10, 0, 0, false, Description = "the only node")]
    public void A_node_is_judged_by_what_others_make_of_the_same_jobs(int ended, int failed, int failedElsewhere, int endedElsewhere, bool found)
    {
        var holes = BlackHoleRules.Find([Node("bad", ("p", ended, failed)), Node("good", ("p", endedElsewhere, failedElsewhere))]);
        Assert.That(holes.Select(hole => hole.Place), Is.EqualTo(found ? ["bad"] : Array.Empty<string>()));
    }

    [Test]
    public void A_broken_production_that_ran_on_one_node_only_is_not_the_nodes_fault()
    {
        var unlucky = Node("n1", ("broken", 50, 50));
        Assert.That(BlackHoleRules.Find([unlucky, Node("n2", ("fine", 50, 0)), Node("n3", ("fine", 50, 0))]), Is.Empty);
    }

    [Test]
    public void A_node_that_fails_many_kinds_of_job_is_a_black_hole_though_nobody_else_has_tried_them()
    {
        var bad = Node("n1", ("a", 4, 4), ("b", 4, 4), ("c", 4, 4));
        Assert.That(BlackHoleRules.Find([bad, Node("n2", ("d", 50, 0))]).Single().Reason, Is.EqualTo("12 of its last 12 jobs failed at once, 0 of 50 elsewhere"));
    }

    [Test]
    public void An_agent_whose_jobs_all_fail_at_once_is_drained_and_the_others_go_on()
    {
        _rig.Options = _rig.Options with { Batch = _rig.Options.Batch with { Nodes = 3 } };
        Enqueue(1, 60);
        var bad = _rig.Agent("bad");
        var good = _rig.Agent("good");
        var better = _rig.Agent("better");
        var served = 0;
        _rig.Until(() =>
        {
            served += Serve(good, Outcome.Succeeded) + Serve(better, Outcome.Succeeded);
            if (served > 5) Serve(bad, Outcome.ExecutionFailed);
            if (_rig.Central.Waiting.IsEmpty) Enqueue(1000 + (served * 10), 20);
            return bad.Messages().OfType<Drain>().Any();
        }, "the black hole is told to drain");
        Assert.That(good.Messages().Concat(better.Messages()).OfType<Drain>(), Is.Empty);
        var before = _rig.Central.Events.Count;
        Enqueue(5000, 10);
        _rig.Until(() => Serve(good, Outcome.Succeeded) + Serve(better, Outcome.Succeeded) > 0 && _rig.Central.Events.Count > before, "the others go on");
        _rig.Until(() => _rig.Central.Nodes.Any(node => node is { Node: "bad", State: "black hole" }), "central is told");
        var again = _rig.Agent("bad");
        _rig.Until(() => { again.Beat(); return again.Messages().OfType<Drain>().Any(); }, "a new agent on that node gets no work either");
    }

    [Test]
    public void A_users_broken_production_drains_nobody()
    {
        _rig.Options = _rig.Options with { Batch = _rig.Options.Batch with { Nodes = 2 } };
        Enqueue(1, 40);
        var one = _rig.Agent("one");
        var other = _rig.Agent("other");
        _rig.Until(() =>
        {
            Serve(one, Outcome.ExecutionFailed);
            Serve(other, Outcome.ExecutionFailed);
            return Enumerable.Range(1, 40).All(job => _rig.Central.EndOf(job) is not null);
        }, "all have failed");
        _rig.Ticks(60);
        Assert.That(one.Messages().Concat(other.Messages()).OfType<Drain>(), Is.Empty);
    }

    private void Enqueue(long first, int number)
    {
        for (var job = first; job < first + number; job++) _rig.Central.Waiting.Enqueue(FakeCentral.Job(job));
    }

    /// <summary>Claims one queue file and ends its jobs; how many.</summary>
    private static int Serve(PlayedAgent agent, Outcome outcome)
    {
        agent.Beat();
        if (agent.TryClaim() is not { } queue) return 0;
        agent.Finish(queue, outcome);
        return queue.Jobs.Count;
    }

    private static PlaceRecord Node(string name, params (string Kind, int Ended, int Failed)[] kinds) =>
        new(name, kinds.ToDictionary(kind => kind.Kind, kind => new Endings(kind.Ended, kind.Failed)));
}
