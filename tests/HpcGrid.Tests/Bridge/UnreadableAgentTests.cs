using HpcGrid.Bridge.Ledger;
using HpcGrid.Core.Api;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>One agent's directories cannot be listed: that stops what may be in them, and nothing else.</summary>
public sealed class UnreadableAgentTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_queue_file_that_is_lost_is_offered_again_though_another_agents_directory_cannot_be_read()
    {
        var (agent, ill) = (_rig.Agent("node1"), _rig.Agent("node2"));
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var queue = Claim(agent);
        agent.Publish(queue, false, []);
        agent.Beat();
        ill.Beat(idle: 0);
        _rig.Ticks(20);
        var live = Path.Combine(_rig.Options.Spool, "agents", agent.Name, "live");
        foreach (var file in Directory.GetFiles(live, "*.db", SearchOption.AllDirectories)) File.Delete(file);
        _rig.Faults.Rule = (_, _, path) => path.Contains($"/{ill.Name}/live/claim", StringComparison.Ordinal) ? new Fault(Errno.EIO) : null;
        _rig.Until(() =>
        {
            agent.Beat();
            ill.Beat(idle: 0);
            _rig.Time.Advance(TimeSpan.FromSeconds(20));
            return agent.Spool.ListPool(0, 10).Items.Count == 1;
        }, "its job is offered again");
    }

    [Test]
    public void An_agents_directory_that_cannot_be_read_stops_no_other_work()
    {
        var (agent, ill) = (_rig.Agent("node1"), _rig.Agent("node2"));
        agent.Beat();
        ill.Beat(idle: 0);
        _rig.Ticks(5);
        var claims = Path.Combine(_rig.Options.Spool, "agents", ill.Name, "live", "claim");
        Directory.Delete(claims);
        File.WriteAllText(claims, "somebody's");
        Directory.Delete(Path.Combine(_rig.Options.Spool, "pool", "00"), recursive: true);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        _rig.Until(() => _rig.Ledger.Queues.InStage(QueueStage.Offering).Count > 0, "an offer fails");
        Directory.CreateDirectory(Path.Combine(_rig.Options.Spool, "pool", "00"));
        _rig.Ticks(20, 1);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(8));
        _rig.Central.Arrivals!.Pushed(new WorkWaiting(1));
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "the next job is offered");
        Assert.That(queue!.Jobs.Single().Id.Job, Is.EqualTo(8), "what the unreadable directory may have is not offered again");
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
