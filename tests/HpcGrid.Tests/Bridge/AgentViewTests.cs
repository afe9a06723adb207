using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>What the bridge knows of an agent.</summary>
public sealed class AgentViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Started = TimeSpan.FromMinutes(7), Hour = TimeSpan.FromHours(1);

    [TestCase(-24)]
    [TestCase(0)]
    [TestCase(24)]
    public void The_end_of_an_agent_is_reckoned_from_the_time_that_it_says_is_left_whatever_its_clock_shows(int hoursAhead)
    {
        var agent = View(since: Now);
        agent.Learn(Card(Now.AddHours(hoursAhead) + Hour, Hour.TotalSeconds), new Tick(Now, Started));
        Assert.That(agent.Deadline(new Tick(Now.AddMinutes(10), Started + TimeSpan.FromMinutes(10))), Is.EqualTo(Now + Hour));
    }

    [Test]
    public void A_clock_that_jumps_after_that_moves_the_end_with_it()
    {
        var agent = View(since: Now);
        agent.Learn(Card(Now + Hour, Hour.TotalSeconds), new Tick(Now, Started));
        var jumped = new Tick(Now.AddHours(20), Started + TimeSpan.FromMinutes(10));
        Assert.That(agent.Deadline(jumped) - jumped.Now, Is.EqualTo(TimeSpan.FromMinutes(50)));
    }

    [Test]
    public void A_bridge_that_restarts_takes_off_what_has_passed_since_the_agent_came()
    {
        var agent = View(since: Now.AddMinutes(-20));
        agent.Learn(Card(Now.AddMinutes(40), Hour.TotalSeconds), new Tick(Now, TimeSpan.Zero));
        Assert.That(agent.Deadline(new Tick(Now, TimeSpan.Zero)), Is.EqualTo(Now.AddMinutes(40)));
    }

    [Test]
    public void An_agent_that_does_not_say_how_long_is_left_is_believed_its_clock_and_one_without_an_end_has_none()
    {
        var (old, endless) = (View(since: Now), View(since: Now));
        var tick = new Tick(Now, Started);
        old.Learn(Card(Now + Hour, null), tick);
        endless.Learn(Card(null, null), tick);
        Assert.That((old.Deadline(tick), endless.Deadline(tick)), Is.EqualTo(((DateTimeOffset?)Now + Hour, (DateTimeOffset?)null)));
    }

    [TestCase(AgentStage.Live, true)]
    [TestCase(AgentStage.Fencing, false)]
    public void Only_an_agent_that_lives_says_that_the_spool_is_full(AgentStage stage, bool expected)
    {
        var agent = View(since: Now);
        agent.Hear(new HeartbeatMarker(1, 0, Draining: false, Full: true), Started, TimeSpan.Zero);
        agent.Row = agent.Row with { Stage = stage };
        Assert.That(agent.IsFull, Is.EqualTo(expected));
    }

    [Test]
    public void A_change_is_looked_for_at_once_then_ever_more_seldom_and_when_it_is_surely_shown()
    {
        var agent = View(since: Now);
        Tell(agent, 1, 0);
        Assert.That(Looks(agent, 0, 100), Is.EqualTo(new[] { 0, 1, 2, 4, 8, 16, 20 }));
    }

    [Test]
    public void A_change_that_was_seen_is_not_looked_for_any_more()
    {
        var agent = View(since: Now);
        Tell(agent, 1, 0, holdings: Held.Word);
        Assert.That(Looks(agent, 0, 6), Is.EqualTo(new[] { 0, 1, 2, 4 }), "an old listing");
        Assert.That(Looks(agent, 6, 100, Held), Is.EqualTo(new[] { 8 }), "the change is there");
        Tell(agent, 2, 110, holdings: Held.Word + 1);
        Assert.That(Looks(agent, 110, 100, Held), Is.EqualTo(new[] { 110, 111, 112, 114, 118, 126, 130 }), "another one is not");
    }

    [Test]
    public void Of_changes_that_never_cease_each_is_looked_for_when_it_is_surely_shown()
    {
        var agent = View(since: Now);
        var looks = new List<int>();
        for (var tenth = 0; tenth < 100; tenth += 5)
        {
            Tell(agent, tenth + 1, tenth);
            looks.AddRange(Looks(agent, tenth, 5));
        }
        looks.AddRange(Looks(agent, 100, 100));
        Assert.That(looks, Is.SupersetOf(new[] { 20, 40, 60, 80, 100, 115 }).And.Ordered);
    }

    [Test]
    public void Where_nothing_is_cached_one_look_is_enough()
    {
        var agent = View(since: Now);
        agent.Hear(new HeartbeatMarker(1, 0, false, false) { Changes = 1 }, Started, TimeSpan.Zero);
        Assert.That(Looks(agent, 0, 10), Is.EqualTo(new[] { 0 }));
    }

    private static readonly AgentObservation Held = Observation(new QueueName(1, 1)), Nothing = Observation();

    private static AgentObservation Observation(params QueueName[] claims) =>
        new(new AgentPlace("1.n1.a"), Errno.None, claims, new Dictionary<QueueName, VersionName>(), [], []);

    /// <summary>Its heartbeat tells of a change, on a mount that shows what was two seconds ago.</summary>
    private static void Tell(AgentView agent, int changes, int tenth, uint holdings = 0) => agent.Hear(
        new HeartbeatMarker(changes, 0, false, false) { Changes = changes, Holdings = holdings }, At(tenth), TimeSpan.FromSeconds(2));

    /// <summary>At which tenths of a second of these a bridge looks that ticks ten times a second, and sees that.</summary>
    private static List<int> Looks(AgentView agent, int from, int count, AgentObservation? seen = null)
    {
        var looks = new List<int>();
        foreach (var tenth in Enumerable.Range(from, count).Where(tenth => agent.IsChangeDue(At(tenth))))
        {
            agent.Looked(seen ?? Nothing, At(tenth));
            agent.ReadAll();
            looks.Add(tenth);
        }
        return looks;
    }

    private static TimeSpan At(int tenth) => Started + TimeSpan.FromMilliseconds(100 * tenth);

    private static AgentView View(DateTimeOffset since) => new(new AgentRow("1.n1.a", "n1", "p", "1", AgentStage.Live, false, since, ""));

    private static AgentCard Card(DateTimeOffset? deadline, double? life) =>
        new("1.n1.a", "n1", "p", "1", 2, 1000, 1000, "none", deadline, 1) { LifeSeconds = life };
}
