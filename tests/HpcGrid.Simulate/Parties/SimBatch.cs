using System.Globalization;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Simulate.Fs;

namespace HpcGrid.Simulate.Parties;

/// <summary>One batch job.</summary>
internal sealed class SimPilot(string tag, string batchId, TimeSpan walltime)
{
    public string Tag { get; } = tag;
    public string BatchId { get; } = batchId;
    public TimeSpan Walltime { get; } = walltime;
    public BatchState State { get; set; } = BatchState.Queued;
    public SimNode? Node { get; set; }
    public SimAgent? Agent { get; set; }
    public TimeSpan EndsAt { get; set; }
    /// <summary>Nobody can reach its node: neither does it end, nor is it known to have ended.</summary>
    public bool Unreachable { get; set; }
}

/// <summary>A compute node: its client of the shared filesystem outlives the agents on it.</summary>
internal sealed class SimNode(string name, Mount mount)
{
    public string Name { get; } = name;
    public Mount Mount { get; set; } = mount;
    public SimPilot? Pilot { get; set; }
    public bool Down { get; set; }
}

/// <summary>
/// The batch system: starts agents on free nodes, ends them at their walltime, loses answers, fails and lies for minutes. What it calls ended has ended:
/// that is what F2 rests on.
/// </summary>
internal sealed class SimBatch(Grid grid) : IBatchSystem
{
    private readonly Dictionary<string, SimPilot> _pilots = [];
    private int _submitted;

    public string Name => "simulated";

    public bool IsDefinite => true;

    public List<SimNode> Nodes { get; } = [];

    public IEnumerable<SimPilot> Pilots => _pilots.Values;

    /// <summary>Until then nothing is answered.</summary>
    public TimeSpan AwayUntil { get; set; }

    /// <summary>Until then everything is Unknown or as it was.</summary>
    public TimeSpan LiesUntil { get; set; }

    private bool IsAway => grid.Scheduler.Now < AwayUntil && !grid.Faults.Healed;

    private void Answer()
    {
        grid.Scheduler.Sleep(TimeSpan.FromSeconds(grid.Dice.Between(0.01, 0.2)));
        if (!IsAway) return;
        grid.Faults.Count(FaultRow.B5);
        throw GridError.Unavailable("the scheduler does not answer");
    }

    public Task<string> Submit(PilotRequest request, CancellationToken ct)
    {
        Answer();
        if (!_pilots.TryGetValue(request.Tag, out var pilot))
        {
            var id = (++_submitted).ToString(CultureInfo.InvariantCulture);
            _pilots[request.Tag] = pilot = new SimPilot(request.Tag, id, grid.Scenario.Walltime(_submitted, request.Walltime));
            grid.Scheduler.At(TimeSpan.FromSeconds(grid.Dice.Between(0.1, 1.5)), () => TryStart(pilot));
        }
        if (!grid.Faults.Healed && grid.Dice.Chance(grid.Scenario.LostAnswers)) throw GridError.Unavailable("the answer of the scheduler was lost");
        return Task.FromResult(pilot.BatchId);
    }

    private void TryStart(SimPilot pilot)
    {
        if (pilot.State != BatchState.Queued) return;
        if (Nodes.Find(node => node.Pilot is null && !node.Down) is not { } node)
        {
            grid.Scheduler.At(TimeSpan.FromSeconds(2), () => TryStart(pilot));
            return;
        }
        (pilot.Node, node.Pilot) = (node, pilot);
        pilot.EndsAt = grid.Scheduler.Now + pilot.Walltime;
        grid.Scheduler.At(pilot.Walltime, () => EndOfTime(pilot));
        Launch(pilot, grid.Nonces(), grid.NextNumber() + 1);
    }

    private void Launch(SimPilot pilot, string nonce, int process)
    {
        pilot.State = BatchState.Running;
        pilot.Agent = grid.StartAgent(pilot, nonce, process);
    }

    /// <summary>The batch system starts the same batch job again, or its script does: a new process, the same node, batch id and process number (Z5).</summary>
    public void StartAgain(SimPilot pilot)
    {
        if (pilot.State != BatchState.Running || pilot.Agent is not { } before) return;
        grid.Faults.Count(FaultRow.Z5);
        before.Party.Kill();
        before.Payloads.NodeGone();
        Launch(pilot, grid.Nonces(), 4711);
    }

    private void EndOfTime(SimPilot pilot)
    {
        if (pilot.State != BatchState.Running || pilot.Agent is not { } agent) return;
        grid.Note("batch", "walltime", pilot.Tag, "");
        agent.Terminate();
        grid.Scheduler.At(TimeSpan.FromSeconds(1), () => Kill(pilot));
    }

    /// <summary>An agent's process has ended by itself.</summary>
    public void AgentEnded(SimAgent agent)
    {
        if (_pilots.Values.FirstOrDefault(found => found.Agent == agent) is { } pilot) Settle(pilot);
    }

    /// <summary>Its script ends when everything of it has ended.</summary>
    public void Settle(SimPilot pilot)
    {
        if (pilot.State != BatchState.Running) return;
        if (pilot.Agent is { } agent && (!(agent.Left || agent.Party.Dead) || agent.Payloads.Any))
        {
            grid.Scheduler.At(TimeSpan.FromSeconds(0.4), () => Settle(pilot));
            return;
        }
        pilot.State = BatchState.Ended;
        if (pilot.Node is { } node && node.Pilot == pilot) node.Pilot = null;
        grid.Note("batch", "ended", pilot.Tag, "");
    }

    /// <summary>KILL for everything of a pilot.</summary>
    public void Kill(SimPilot pilot)
    {
        if (pilot.State == BatchState.Queued) pilot.State = BatchState.Ended;
        if (pilot.State != BatchState.Running || pilot.Agent is not { } agent) return;
        if (pilot.Unreachable)
        {
            grid.Scheduler.At(TimeSpan.FromSeconds(5), () => Kill(pilot));
            return;
        }
        agent.Party.Kill();
        agent.Payloads.NodeGone();
        Settle(pilot);
    }

    /// <summary>The agent's process dies, the node lives: its guard ends the payloads.</summary>
    public void AgentDies(SimAgent agent)
    {
        agent.Party.Kill();
        agent.Payloads.AgentGone();
        AgentEnded(agent);
    }

    /// <summary>A node crashes. Its batch system learns of it later.</summary>
    public void NodeDies(SimPilot pilot, TimeSpan noticed)
    {
        if (pilot.State != BatchState.Running || pilot.Agent is not { } agent || pilot.Node is not { } node) return;
        agent.Party.Kill();
        agent.Payloads.NodeGone();
        node.Down = true;
        grid.Note("world", "node dies", node.Name, "");
        grid.Scheduler.At(noticed, () =>
        {
            Settle(pilot);
            node.Down = false;
            node.Mount = grid.NewMount();
        });
    }

    public Task<IReadOnlyList<BatchStatus>> Status(IReadOnlyList<string> tags, CancellationToken ct)
    {
        Answer();
        var lies = grid.Scheduler.Now < LiesUntil && !grid.Faults.Healed;
        if (lies) grid.Faults.Count(FaultRow.B5);
        var answer = new List<BatchStatus>();
        foreach (var tag in tags)
        {
            if (lies && grid.Dice.Chance(0.3)) continue;
            var pilot = _pilots.GetValueOrDefault(tag);
            var state = lies ? grid.Dice.Pick([BatchState.Unknown, BatchState.Queued, BatchState.Running]) : pilot?.State ?? BatchState.Ended;
            answer.Add(new BatchStatus(tag, pilot?.BatchId ?? "", grid.Mutation.Says(grid, pilot, state), ""));
        }
        return Task.FromResult<IReadOnlyList<BatchStatus>>(answer);
    }

    public Task Cancel(IReadOnlyList<string> tags, CancellationToken ct)
    {
        Answer();
        foreach (var tag in tags)
            if (_pilots.GetValueOrDefault(tag) is { } pilot) grid.Scheduler.At(TimeSpan.FromSeconds(0.2), () => Kill(pilot));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<BackfillHole>> Holes(CancellationToken ct) => Task.FromResult<IReadOnlyList<BackfillHole>>([]);

    public string LogOf(string tag) => "";

    public Task Forget(IReadOnlyList<string> tags, CancellationToken ct) => Task.CompletedTask;
}
