using HpcGrid.Bridge.Gangs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>Which nodes are kept for which job over several.</summary>
public sealed class GangRulesTests
{
    [Test]
    public void A_job_gets_its_nodes_from_one_pilot_and_idle_ones_first()
    {
        var plan = GangRules.Plan([Wish(1, 2)], [Pilot("p", 100, Agent("busy", 0), Agent("half", 1), Agent("idle", 2))]);
        Assert.That(plan.Formed.Single().Members.Select(card => card.Agent), Is.EqualTo(new[] { "idle", "half" }));
        Assert.That(plan.PilotsWanted, Is.Zero);
    }

    [Test]
    public void Nodes_of_two_pilots_make_no_gang()
    {
        var plan = GangRules.Plan([Wish(1, 2)], [Pilot("p", 100, Agent("a", 2)), Pilot("q", 100, Agent("b", 2))]);
        Assert.That(plan.Formed, Is.Empty);
        Assert.That(plan.PilotsWanted, Is.EqualTo(1));
    }

    [Test]
    public void A_gang_is_formed_whole_or_not_at_all_and_a_smaller_job_does_not_take_what_the_first_waits_for()
    {
        var plan = GangRules.Plan([Wish(1, 3), Wish(2, 2)], [Pilot("p", 100, Agent("a", 2), Agent("b", 2), Agent("c", 2, free: false))]);
        Assert.That(plan.Formed, Is.Empty);
        Assert.That(plan.PilotsWanted, Is.EqualTo(1), "the second could have a pilot of its own");
    }

    [Test]
    public void Two_jobs_share_a_pilot_that_is_large_enough()
    {
        var plan = GangRules.Plan([Wish(1, 2), Wish(2, 2)], [Pilot("p", 100, Agent("a", 2), Agent("b", 2), Agent("c", 2), Agent("d", 2))]);
        Assert.That(plan.Formed.SelectMany(formed => formed.Members).Select(card => card.Agent), Is.EquivalentTo(new[] { "a", "b", "c", "d" }));
    }

    [Test]
    public void A_pilot_that_ends_too_soon_or_has_too_small_nodes_does_not_count()
    {
        Assert.That(GangRules.Plan([Wish(1, 2)], [Pilot("p", 30, Agent("a", 2), Agent("b", 2))]).PilotsWanted, Is.EqualTo(1));
        Assert.That(GangRules.Plan([Wish(1, 2, memory: 5000)], [Pilot("p", 100, Agent("a", 2), Agent("b", 2))]).PilotsWanted, Is.EqualTo(1));
    }

    [Test]
    public void Two_agents_of_one_node_are_one_node()
    {
        var again = Agent("again", 2) with { Card = Agent("again", 2).Card with { Node = "node-a" } };
        var plan = GangRules.Plan([Wish(1, 2)], [Pilot("p", 100, Agent("a", 2), again)]);
        Assert.That((plan.Formed.Count, plan.PilotsWanted), Is.EqualTo((0, 1)));
        plan = GangRules.Plan([Wish(1, 2)], [Pilot("p", 100, Agent("a", 2), again, Agent("b", 1))]);
        Assert.That(plan.Formed.Single().Members.Select(card => card.Node), Is.EqualTo(new[] { "node-a", "node-b" }));
    }

    [Test]
    public void A_pilot_that_is_starting_is_waited_for_by_one_job()
    {
        var starting = new GangPilot("p", TimeSpan.FromSeconds(100), 2, []);
        Assert.That(GangRules.Plan([Wish(1, 2)], [starting]).PilotsWanted, Is.Zero);
        Assert.That(GangRules.Plan([Wish(1, 2), Wish(2, 2)], [starting]).PilotsWanted, Is.EqualTo(1));
    }

    [Test]
    public void A_gang_is_complete_when_all_its_nodes_are_kept_and_empty()
    {
        HeartbeatMarker kept = new(1, 2, false, false) { Gang = 7 };
        Assert.That(GangRules.IsComplete(7, [(kept, 2), (kept, 2)]));
        Assert.That(GangRules.IsComplete(7, [(kept, 2), (kept with { IdleCores = 1 }, 2)]), Is.False);
        Assert.That(GangRules.IsComplete(7, [(kept, 2), (kept with { Gang = 6 }, 2)]), Is.False);
        Assert.That(GangRules.IsComplete(7, [(kept, 2), (null, 2)]), Is.False);
    }

    private static GangWish Wish(long row, int nodes, long memory = 100) => new(row, new Resources(1, memory, 100, 60) { NodeCount = nodes, WholeNode = true });

    private static GangPilot Pilot(string tag, int left, params GangAgent[] agents) => new(tag, TimeSpan.FromSeconds(left), 0, agents);

    private static GangAgent Agent(string name, int idle, bool free = true) =>
        new(new AgentCard(name, "node-" + name, "p", "b", 2, 1000, 1000, "none", null, 1), idle, free);
}
