using System.Text;
using System.Text.Json;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>J1 to J3: agents of one pilot are kept for one job, get it together, and are free again.</summary>
public sealed class GangTests
{
    private readonly BridgeRig _rig = new();

    [SetUp]
    public void TwoNodesInAPilot() => _rig.Options = _rig.Options with { Batch = _rig.Options.Batch with { Nodes = 4, NodesPerPilot = 2 } };

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [Test]
    public void A_job_over_two_nodes_is_offered_to_the_first_of_them_when_both_are_empty_and_ends_once()
    {
        _rig.Central.Waiting.Enqueue(Wide(1));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        Beat(gang, (a, 2), (b, 1));
        _rig.Ticks(20);
        Assert.That(a.Spool.ListPool(0, 10).Items, Is.Empty, "a job still runs on one of the nodes");

        Beat(gang, (a, 2), (b, 2));
        _rig.Until(() => a.Spool.ListPool(0, 10).Items.Count == 1, "the job is offered");
        Assert.That(a.Spool.ListPool(0, 10).Items.Single().Gang, Is.EqualTo(gang));
        var first = IsFirst(a) ? a : b;
        var claimed = first.TryClaim()!;
        Assert.That(claimed.Header.Gang!.Nodes.Split('\n'), Is.EquivalentTo(new[] { "a", "b" }).And.Property("Length").EqualTo(2));
        Assert.That(claimed.Header.Gang.Nodes, Does.StartWith(first.Node));
        first.Finish(claimed);
        _rig.Until(() => _rig.Central.EndOf(1)?.State == JobState.Done, "the job is done");
        Beat(gang, (a, 2), (b, 2));
        _rig.Until(() => Both(a, b, agent => agent.Messages().OfType<Release>().Any(release => release.Gang == gang)), "both nodes are released");
        Assert.That(_rig.Central.EndsOf(1), Is.EqualTo(1));
    }

    [Test]
    public void A_strict_job_whose_first_node_has_ended_waits_for_the_word_of_the_batch_system_on_its_other_nodes()
    {
        _rig.Central.Waiting.Enqueue(Wide(1, repeatable: false));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        Beat(gang, (a, 2), (b, 2));
        var (first, second) = IsFirst(a) ? (a, b) : (b, a);
        _rig.Until(() => first.TryClaim() is not null, "the job is claimed");
        _rig.Batch.EndedNodes = [first.Node];
        first.Beat(left: true);
        for (var tick = 0; tick < 60; tick++)
        {
            second.Beat();
            _rig.Ticks(1, 1);
        }
        Assert.That(_rig.Central.Events.Any(told => told.What is Requeued), Is.False, "its ranks on the other node may live");

        _rig.Batch.EndedNodes = [first.Node, second.Node];
        _rig.Until(() =>
        {
            _rig.Time.Advance(TimeSpan.FromSeconds(5));
            return _rig.Central.Events.Any(told => told.What is Requeued);
        }, "the job is offered again");
    }

    [Test]
    public void When_a_node_of_the_gang_is_lost_the_first_is_told_to_stop_and_the_job_gets_another_gang()
    {
        _rig.Central.Waiting.Enqueue(Wide(1));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        Beat(gang, (a, 2), (b, 2));
        var (first, second) = IsFirst(a) ? (a, b) : (b, a);
        WorkQueue? claimed = null;
        _rig.Until(() => (claimed = first.TryClaim()) is not null, "the job is claimed");
        second.Beat(left: true);
        Beat(gang, (first, 0));
        _rig.Until(() => first.Messages().OfType<Release>().Any(release => release.Gang == gang), "the first is told");
        first.Publish(claimed!, true, claimed!.Jobs.Select(job => first.Report(job, ReportStage.Ended, Outcome.Preempted)));

        var c = new PlayedAgent(_rig.Options.Spool, _rig.Pilot(), "c");
        var next = Kept(first, c);
        Assert.That(next, Is.GreaterThan(gang));
        Beat(next, (first, 2), (c, 2));
        var leader = IsFirst(first, next) ? first : c;
        WorkQueue? again = null;
        _rig.Until(() => (again = leader.TryClaim()) is not null, "the job is offered again");
        Assert.That(again!.Header.Name.Generation, Is.EqualTo(2));
        leader.Finish(again);
        _rig.Until(() => _rig.Central.EndOf(1)?.State == JobState.Done, "the job is done");
        Assert.That(_rig.Central.EndsOf(1), Is.EqualTo(1));
    }

    [Test]
    public void An_offer_that_nobody_claimed_is_taken_back_when_a_node_of_its_gang_is_lost()
    {
        _rig.Central.Waiting.Enqueue(Wide(1, repeatable: false));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        Beat(gang, (a, 2), (b, 2));
        _rig.Until(() => a.Spool.ListPool(0, 10).Items.Count == 1, "the job is offered");
        (IsFirst(a) ? a : b).Beat(left: true);
        _rig.Until(() => a.Spool.ListPool(0, 10).Items.Count == 0, "the offer is out of the pool");
        _rig.Until(() => _rig.Central.Events.Any(reported => reported.What is Requeued), "the job waits again");
    }

    [Test]
    public void A_bridge_that_restarts_goes_on_with_the_gang_it_has()
    {
        var (a, b, first, claimed) = Running();
        _rig.Restart();
        _rig.Ticks(50);
        Assert.That(Both(a, b, agent => !agent.Messages().OfType<Release>().Any()));
        first.Finish(claimed);
        _rig.Until(() => _rig.Central.EndOf(1)?.State == JobState.Done, "the job is done");
    }

    [Test]
    public void A_job_over_two_nodes_runs_on_when_a_tick_failed_and_nothing_of_the_budget_is_left()
    {
        _rig.Options = _rig.Options with { OperationsPerSecond = 1 };
        var (a, b, _, _) = Running();
        _rig.Faults.Rule = (operation, _, path) => operation == FsOperation.List && path.EndsWith("/bridge", StringComparison.Ordinal) ? new Fault(Errno.EIO) : null;
        _rig.Until(() => _rig.Host.Loop.Trouble is not null, "the spool does not show who rules it");
        _rig.Faults.Rule = (_, _, _) => null;
        _rig.Ticks(60, 0.5);
        Assert.That(_rig.Host.Loop.Trouble, Is.Null);
        Assert.That(Both(a, b, agent => !agent.Messages().OfType<Release>().Any()), "nobody is lost");
    }

    /// <summary>Found by simulation (B2; local, seed 10405976): all nodes were kept for the gang of a rival, and idle, until their walltime ended.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void Nodes_that_another_bridge_kept_for_a_later_gang_are_brought_together_anew(bool offered)
    {
        _rig.Central.Waiting.Enqueue(Wide(1));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        if (offered)
        {
            Beat(gang, (a, 2), (b, 2));
            _rig.Until(() => a.Spool.ListPool(0, 10).Items.Count == 1, "the job is offered");
        }
        var rivals = gang + 500_000;
        Beat(rivals, (a, 2), (b, 2));
        _rig.Restart();
        Assert.That(Again(a, b, rivals), Is.GreaterThan(rivals));
    }

    /// <summary>A job that runs on two nodes, and its first one.</summary>
    private (PlayedAgent A, PlayedAgent B, PlayedAgent First, WorkQueue Claimed) Running()
    {
        _rig.Central.Waiting.Enqueue(Wide(1));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        Beat(gang, (a, 2), (b, 2));
        var first = IsFirst(a) ? a : b;
        WorkQueue? claimed = null;
        _rig.Until(() => (claimed = first.TryClaim()) is not null, "the job is claimed");
        first.Publish(claimed!, false, claimed!.Jobs.Select(job => first.Report(job, ReportStage.Running)));
        _rig.Until(() => _rig.Central.Events.Any(reported => reported.What is Running), "the job runs");
        return (a, b, first, claimed!);
    }

    /// <summary>The gang for which both are kept after they were for another one.</summary>
    private long Again(PlayedAgent a, PlayedAgent b, long before)
    {
        _rig.Until(() =>
        {
            foreach (var agent in (PlayedAgent[])[a, b]) agent.Beat(gang: agent.Messages().OfType<Release>().Any(release => release.Gang == before) ? 0 : before);
            return Highest(a) > before && Highest(a) == Highest(b);
        }, "both nodes are kept again");
        return Highest(a);
    }

    [Test]
    public void A_killed_job_that_waits_for_its_nodes_gives_them_back()
    {
        _rig.Central.Waiting.Enqueue(Wide(1));
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        var gang = Kept(a, b);
        Beat(gang, (a, 2), (b, 0));
        _rig.Central.Arrivals!.Pushed(new KillNow([new AttemptId(1, 1)]));
        _rig.Until(() => _rig.Central.EndOf(1)?.State == JobState.Killed, "the job is killed");
        _rig.Until(() => Both(a, b, agent => agent.Messages().OfType<Release>().Any(release => release.Gang == gang)), "both nodes are released");
    }

    [Test]
    public void Pilots_are_started_with_all_their_nodes_and_central_hears_how_many_one_job_can_have()
    {
        _rig.Central.Waiting.Enqueue(Wide(1));
        var a = _rig.Agent("a");
        _rig.Until(() => _rig.Central.SiteMaps.Any(), "work is asked for");
        Assert.That(_rig.Central.SiteMaps.Last().Nodes, Is.EqualTo(2));
        Assert.That(_rig.Batch.Requests, Is.Not.Empty);
        Assert.That(_rig.Batch.Requests.Select(request => request.Nodes), Is.All.EqualTo(2));
    }

    [Test]
    public void A_pilot_that_has_lost_nodes_makes_room_for_one_that_has_enough()
    {
        _rig.Options = _rig.Options with { Batch = _rig.Options.Batch with { Nodes = 2 } };
        var a = _rig.Agent("a");
        var b = _rig.Agent("b");
        _rig.Ticks(20);
        b.Beat(left: true);
        _rig.Central.Waiting.Enqueue(Wide(1));
        _rig.Until(() =>
        {
            a.Beat();
            _rig.Time.Advance(TimeSpan.FromSeconds(5));
            return a.Messages().OfType<Drain>().Any();
        }, "the pilot's last node is to end");
        _rig.Batch.Pilots[_rig.Pilot()] = BatchState.Ended;
        _rig.Until(() => _rig.Batch.Pilots.Values.Any(state => state == BatchState.Running), "a whole pilot is started");
    }

    [Test]
    public void Sandboxes_of_agents_that_are_no_more_are_removed_and_others_stay()
    {
        var shared = Path.Combine(_rig.Options.State, "shared");
        _rig.Options = _rig.Options with { Batch = _rig.Options.Batch with { SharedWork = shared } };
        var living = _rig.Agent("a");
        _rig.Until(() => _rig.Central.Requests.Count > 0, "the agent is known");
        var ours = Path.Combine(shared, living.Spool.Root.Sentinel.ClusterId.ToString());
        foreach (var name in (string[])[living.Name, "b-old.n1.x"]) Directory.CreateDirectory(Path.Combine(ours, name, "sandbox1"));
        Directory.CreateDirectory(Path.Combine(shared, Guid.NewGuid().ToString(), "b-other.n1.x"));
        _rig.Until(() =>
        {
            living.Beat();
            _rig.Time.Advance(TimeSpan.FromMinutes(1));
            return !Directory.Exists(Path.Combine(ours, "b-old.n1.x"));
        }, "what the dead agent left is removed");
        Assert.That(Directory.GetDirectories(ours).Select(Path.GetFileName), Is.EqualTo(new[] { living.Name }));
        Assert.That(Directory.GetDirectories(shared), Has.Length.EqualTo(2), "another spool's are not ours");
    }

    /// <summary>The latest gang that an agent was told to keep its node for.</summary>
    private static long Highest(PlayedAgent agent) => agent.Messages().OfType<Reserve>().Select(reserve => reserve.Gang).DefaultIfEmpty().Max();

    /// <summary>Both are told to keep their nodes for one gang; its number.</summary>
    private long Kept(PlayedAgent a, PlayedAgent b)
    {
        var before = Math.Max(Highest(a), Highest(b));
        _rig.Until(() =>
        {
            a.Beat();
            b.Beat();
            return Highest(a) > before && Highest(a) == Highest(b);
        }, "both nodes are kept");
        Assert.That(new[] { IsFirst(a, Highest(a)), IsFirst(b, Highest(b)) }.Count(first => first), Is.EqualTo(1));
        return Highest(a);
    }

    private static bool IsFirst(PlayedAgent agent, long? gang = null) =>
        agent.Messages().OfType<Reserve>().Any(reserve => reserve.First && (gang is null || reserve.Gang == gang));

    private static void Beat(long gang, params (PlayedAgent Agent, int Idle)[] agents)
    {
        foreach (var (agent, idle) in agents) agent.Beat(gang: gang, idle: idle);
    }

    private static bool Both(PlayedAgent a, PlayedAgent b, Func<PlayedAgent, bool> holds) => holds(a) && holds(b);

    private static Assignment Wide(long job, bool repeatable = true)
    {
        var one = FakeCentral.Job(job, repeatable);
        var spec = JsonSerializer.Deserialize(one.Spec, GridJson.Default.JobSpec)!;
        spec = spec with { Resources = new Resources(1, 100, 100, 60) { NodeCount = 2, WholeNode = true }, Launch = new GangLaunch(1, true) };
        return one with { Spec = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(spec, GridJson.Default.JobSpec)) };
    }
}
