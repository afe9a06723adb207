using System.Globalization;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate.Parties;

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
        var free = Nodes.Where(node => node.Pilot is null && !node.Down).Take(grid.Scenario.NodesPerPilot).ToList();
        if (free.Count < grid.Scenario.NodesPerPilot)
        {
            grid.Scheduler.At(TimeSpan.FromSeconds(2), () => TryStart(pilot));
            return;
        }
        pilot.State = BatchState.Running;
        pilot.EndsAt = grid.Scheduler.Now + pilot.Walltime;
        grid.Scheduler.At(pilot.Walltime, () => EndOfTime(pilot));
        foreach (var node in free)
        {
            node.Pilot = pilot;
            pilot.Seats.Add(new SimSeat(pilot, node));
        }
        foreach (var seat in pilot.Seats) seat.Agent = grid.StartAgent(seat, grid.Nonces(), grid.NextNumber() + 1);
    }

    /// <summary>The batch system starts the same batch job again, or its script does: a new process, the same node, batch id and process number (Z5).</summary>
    public void StartAgain(SimSeat seat)
    {
        if (seat is not { Pilot.State: BatchState.Running, Agent: not null }) return;
        grid.Faults.Count(FaultRow.Z5);
        EndAgents(seat);
        seat.Agent = grid.StartAgent(seat, grid.Nonces(), 4711);
    }

    private void EndOfTime(SimPilot pilot)
    {
        if (pilot.State != BatchState.Running) return;
        grid.Note("batch", "walltime", pilot.Tag, "");
        foreach (var agent in pilot.Seats.SelectMany(seat => seat.Agents)) agent.Terminate();
        grid.Scheduler.At(TimeSpan.FromSeconds(1), () => Kill(pilot));
    }

    /// <summary>An agent's process has ended by itself.</summary>
    public void AgentEnded(SimAgent agent)
    {
        if (SeatOf(agent.Party) is { } seat) Settle(seat.Pilot);
    }

    /// <summary>Where a process is the agent, or a copy of it; null for others.</summary>
    public SimSeat? SeatOf(Party party) => _pilots.Values.SelectMany(pilot => pilot.Seats).FirstOrDefault(seat => seat.Agents.Any(agent => agent.Party == party));

    /// <summary>Its script ends when everything of it has ended.</summary>
    public void Settle(SimPilot pilot)
    {
        if (pilot.State != BatchState.Running) return;
        // Whoever still lives comes here himself when he ends.
        if (pilot.Seats.Exists(seat => seat.IsManned)) return;
        if (!pilot.Seats.TrueForAll(seat => seat.IsEmpty))
        {
            grid.Scheduler.At(TimeSpan.FromSeconds(0.4), () => Settle(pilot));
            return;
        }
        pilot.State = BatchState.Ended;
        foreach (var seat in pilot.Seats.Where(seat => seat.Node.Pilot == pilot)) seat.Node.Pilot = null;
        grid.Note("batch", "ended", pilot.Tag, "");
    }

    /// <summary>KILL for everything of a pilot.</summary>
    public void Kill(SimPilot pilot)
    {
        if (pilot.State == BatchState.Queued) pilot.State = BatchState.Ended;
        if (pilot.State != BatchState.Running) return;
        foreach (var seat in pilot.Seats.Where(seat => !seat.Unreachable)) End(seat);
        if (pilot.Seats.Exists(seat => seat.Unreachable)) grid.Scheduler.At(TimeSpan.FromSeconds(5), () => Kill(pilot));
        else Settle(pilot);
    }

    private static void End(SimSeat seat)
    {
        EndAgents(seat);
        foreach (var rank in seat.Node.Ranks.ToList()) rank.LoseRank(seat.Node);
    }

    private static void EndAgents(SimSeat seat)
    {
        foreach (var agent in seat.Agents)
        {
            agent.Party.Kill();
            agent.Payloads.NodeGone();
        }
    }

    /// <summary>The agent's process dies, the node lives: its guard ends the payloads.</summary>
    public void AgentDies(SimAgent agent)
    {
        agent.Party.Kill();
        agent.Payloads.AgentGone();
        AgentEnded(agent);
    }

    /// <summary>A node crashes. Its batch system learns of it later.</summary>
    public void NodeDies(SimSeat seat, TimeSpan noticed)
    {
        var (pilot, node) = (seat.Pilot, seat.Node);
        if (pilot.State != BatchState.Running || node.Down) return;
        End(seat);
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
            answer.Add(new BatchStatus(tag, pilot?.BatchId ?? "", grid.Mutation.Says(grid, pilot, state), "") { EndedNodes = lies ? [] : pilot?.EndedNodes ?? [] });
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
