using HpcGrid.Bridge.Nodes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>A spool of a thousand agents (PROTOCOL 5): heartbeats tell where to look, and the budget of operations is kept.</summary>
public sealed class ManyAgentsTests
{
    private const int Thousand = 1000;
    private static readonly TimeSpan CachingBound = TimeSpan.FromMilliseconds(100);
    private readonly BridgeRig _rig = new() { Shards = 16, CachingBound = CachingBound };

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_thousand_idle_agents_cost_no_more_than_the_budget_and_none_is_suspected()
    {
        var idle = Idle(Thousand);
        const int seconds = 300;
        var before = _rig.Fs.Counts;
        for (var second = 0; second < seconds; second++)
        {
            // Every agent beats every ten seconds, a tenth of them each second.
            for (var i = second % 10; i < idle.Count; i += 10) idle[i].Heartbeat(new HeartbeatMarker(second + 1, 2, false, false));
            _rig.Ticks(10, 0.1);
        }
        var used = _rig.Fs.Counts.Since(before).Metadata;
        Assert.Multiple(() =>
        {
            Assert.That(used / (double)seconds, Is.LessThan(HpcGrid.Bridge.Limits.SharedOperationsPerSecond));
            Assert.That(_rig.Batch.Cancelled, Is.Empty);
            Assert.That(idle.Select(agent => agent.ReadInbox().Lease?.Number), Has.None.Null.And.None.LessThan(5), "every agent has its lease");
        });
        TestContext.Out.WriteLine($"{used / (double)seconds:0.0} metadata operations a second for {Thousand} agents");
    }

    [Test]
    public void Among_a_thousand_agents_a_change_is_known_within_a_few_seconds()
    {
        var idle = Idle(Thousand);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent("busy");
        agent.Beat();
        var queue = Claim(agent);
        for (var beat = 1; beat <= 60; beat++)
        {
            foreach (var other in idle) other.Heartbeat(new HeartbeatMarker(beat, 2, false, false));
            _rig.Ticks(10, 1);
        }
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        agent.Beat(changes: 1);
        var told = _rig.Time.GetUtcNow();
        while (!_rig.Central.Of(7).Any(e => e.What is Running)) _rig.Ticks(1, 0.1);
        // Two poll intervals of an agent, on the clock that the rig moves.
        Assert.That(_rig.Time.GetUtcNow() - told, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public void Only_agents_whose_heartbeat_tells_of_a_change_are_looked_at()
    {
        Idle(50);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent("busy");
        agent.Beat();
        var queue = Claim(agent);
        // The looks for so many new agents are paid first; then the claim is seen.
        _rig.Ticks(50, 1);
        agent.Beat();
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Ticks(50, 1);
        Assert.That(_rig.Central.Of(7).Select(e => e.What), Has.None.InstanceOf<Running>(), "nobody looked");
        agent.Beat(changes: 1);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "running is told");
        agent.Finish(queue);
        agent.Beat(changes: 2);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the end is told");
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the agent is told to forget the queue file");
    }

    [Test]
    public void What_a_mount_shows_later_than_the_heartbeat_is_found_without_another_beat()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        agent.Beat();
        _rig.Ticks(5);
        var queue = Claim(agent);
        agent.Beat(changes: 1);
        _rig.Ticks(1, 0.05);
        agent.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the end is told");
    }

    [Test]
    public void More_results_than_one_tick_reads_are_all_read_after_one_heartbeat()
    {
        using var rig = new BridgeRig { Shards = 16 };
        const int files = HpcGrid.Bridge.Limits.VersionsPerTick + 10;
        var agent = rig.Agent(cores: files);
        agent.Beat(idle: files);
        var queues = new List<WorkQueue>();
        for (var job = 1; job <= files; job++)
        {
            rig.Central.Waiting.Enqueue(FakeCentral.Job(job));
            WorkQueue? queue = null;
            rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
            queues.Add(queue!);
            agent.Beat(idle: files, changes: job);
        }
        rig.Ticks(5);
        foreach (var queue in queues) agent.Finish(queue);
        agent.Beat(idle: files, changes: files + 1);
        var told = rig.Time.GetUtcNow();
        rig.Until(() => Enumerable.Range(1, files).All(job => rig.Central.EndOf(job) is not null), "every end is told");
        Assert.That(rig.Time.GetUtcNow() - told, Is.LessThan(TimeSpan.FromMinutes(1)), "nobody waited until everything is looked at anyway");
    }

    [Test]
    public void A_change_that_no_heartbeat_told_of_is_found_in_the_end()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        agent.Beat();
        var queue = Claim(agent);
        _rig.Ticks(100);
        agent.Finish(queue);
        for (var minute = 0; minute < 11 && _rig.Central.EndOf(7) is null; minute++)
        {
            agent.Beat();
            _rig.Ticks(6, 10);
        }
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the end is told");
    }

    [Test]
    public void A_claim_that_no_heartbeat_told_of_is_not_taken_for_lost()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        agent.Beat();
        _rig.Ticks(20);
        var queue = Claim(agent);
        for (var minute = 0; minute < 8; minute++)
        {
            agent.Beat();
            _rig.Ticks(6, 10);
        }
        Assert.That(agent.Spool.ListPool(0, 10).Items, Is.Empty, "it is not offered a second time");
        agent.Finish(queue);
        agent.Beat(changes: 1);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the end is told");
        Assert.That(_rig.Central.Of(7).Select(e => e.What), Has.None.InstanceOf<Requeued>());
    }

    [Test]
    public void Heartbeats_of_agents_that_are_gone_are_removed()
    {
        var agent = _rig.Agent();
        agent.Beat();
        _rig.Ticks(20);
        agent.Beat(left: true);
        _rig.Until(() => { _rig.Time.Advance(TimeSpan.FromSeconds(5)); return Heartbeats().Length == 0; }, "its heartbeat is removed with its directory");
        File.WriteAllText(Path.Combine(_rig.Options.Spool, "hb", "03", "1.node9.dead.0.i0.l0.a0.c0"), "");
        _rig.Until(() => { _rig.Time.Advance(TimeSpan.FromSeconds(60)); return Heartbeats().Length == 0; }, "so is that of one that died while entering");
    }

    [Test]
    public void Leases_of_agents_that_came_one_after_the_other_are_renewed_together()
    {
        const int agents = 60;
        for (var agent = 0; agent < agents; agent++)
        {
            Idle(1);
            _rig.Ticks(1, 0.25);
        }
        var (ticks, writing) = (600, 0);
        for (var tick = 0; tick < ticks; tick++)
        {
            var before = _rig.Fs.Counts[FsOperation.Rename];
            _rig.Ticks(1, 0.1);
            if (_rig.Fs.Counts[FsOperation.Rename] > before) writing++;
        }
        TestContext.Out.WriteLine($"{writing} of {ticks} ticks wrote leases");
        // A minute has four lease intervals of fifteen rounds each; one by one it would be 240.
        Assert.That(writing, Is.InRange(4, 90));
    }

    [TestCase(10, 50, 15)]
    [TestCase(500, 50, 20)]
    [TestCase(1000, 50, 40)]
    [TestCase(100_000, 50, 41.666)]
    [TestCase(1000, 5000, 15)]
    public void Leases_take_at_most_half_of_the_operations_and_never_come_too_late(int agents, double operations, double seconds) =>
        Assert.That(LeaseRules.Interval(SpoolTiming.For(TimeSpan.FromSeconds(5)), agents, operations).TotalSeconds, Is.EqualTo(seconds).Within(0.01));

    private string[] Heartbeats() => Directory.GetFiles(Path.Combine(_rig.Options.Spool, "hb"), "*", SearchOption.AllDirectories);

    /// <summary>Agents that enter, beat and do nothing else, and that the bridge knows.</summary>
    private List<AgentSpool> Idle(int count)
    {
        var pilot = _rig.Pilot();
        var agents = Enumerable.Range(0, count).Select(i =>
        {
            var node = $"node{i}";
            var card = new AgentCard(AgentName.Make("1", node, RandomNonces.Next()), node, pilot, "1", 2, 1000, 1000, "none", null, 1);
            return AgentSpool.Join(new PosixFs(), _rig.Options.Spool, card, RandomNonces.Next);
        }).ToList();
        _rig.Until(() => agents.TrueForAll(agent => agent.ReadInbox().Lease is not null), "the bridge knows them all");
        return agents;
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
