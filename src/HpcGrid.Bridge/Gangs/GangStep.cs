using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Bridge.Queues;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Gangs;

/// <summary>A gang whose nodes are empty: its job can be offered.</summary>
internal sealed record CompleteGang(GangRow Row, Gang Place);

/// <summary>
/// J1 to J3: brings agents of one pilot together for a job over several nodes. Who belongs to which gang is in the ledger before anybody is told; what must be
/// said follows from ledger and heartbeats each time and is said until its effect is seen, so lost messages and crashes need no memory.
/// </summary>
internal sealed class GangStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, PilotStep pilots, JobEnding ending, BatchOptions options) : BridgeStep
{
    private List<CompleteGang> _complete = [];
    private TimeSpan _withdrawDue;

    /// <summary>How messages are sent.</summary>
    public required Func<AgentView, ControlMessage, Tick, bool> Tell { get; init; }

    /// <summary>Gangs whose job can be offered now.</summary>
    public IReadOnlyList<CompleteGang> Complete => _complete;

    /// <summary>Pilots that must be started for jobs over several nodes.</summary>
    public int PilotsWanted { get; private set; }

    public override void Run(Tick tick)
    {
        _complete = [];
        PilotsWanted = 0;
        var wishes = ledger.Jobs.ReadyGangs();
        var gangs = ledger.Gangs.All();
        if (wishes.Count == 0 && gangs.Count == 0 && fleet.Agents.All(agent => agent.Gang is null && agent.Heartbeat is not { Gang: > 0 })) return;
        gangs = [.. gangs.Select(gang => Judge(gang, tick)).OfType<GangRow>()];
        Bind(gangs);
        Form(wishes, gangs, tick);
        Bind(gangs);
        foreach (var agent in fleet.Agents.Where(agent => agent.Row.Stage == AgentStage.Live)) Say(agent, tick);
        foreach (var gang in gangs.Where(gang => gang.Stage == GangStage.Gathering))
            if (CompleteOf(gang) is { } complete) _complete.Add(complete);
    }

    /// <summary>The gang as it is from now on; null when it is no more.</summary>
    private GangRow? Judge(GangRow gang, Tick tick)
    {
        var job = ledger.Jobs.FindRow(gang.Row);
        var goesOn = job is { Killed: false, Stage: JobStage.Ready } && gang.Stage == GangStage.Gathering && job.Branch == gang.Branch
            ? gang.Members.All(member => fleet.Find(member)?.TakesWork == true) && !IsOvertaken(gang)
            : job is { Stage: JobStage.Queued } && gang.Stage != GangStage.Gathering;
        if (!goesOn || job is null)
        {
            ledger.Gangs.Delete(gang.Number);
            return null;
        }
        if (gang.Stage == GangStage.Offered && Missing(gang, job) is { } lost)
        {
            Log.Warning("a node of the gang of job {Job} is lost ({Agent}): the job is stopped and offered again", job.Id, lost);
            gang = gang with { Stage = GangStage.Dissolving };
            ledger.Gangs.SetStage(gang.Number, gang.Stage);
        }
        if (gang.Stage == GangStage.Dissolving) Withdraw(job, tick);
        return gang;
    }

    /// <summary>The agent without which an offered gang cannot go on; null when it can.</summary>
    private string? Missing(GangRow gang, HeldJob job) =>
        gang.Members.FirstOrDefault(IsLost) ?? (IsUnclaimed(job) && IsOvertaken(gang) ? gang.Members[0] : null);

    /// <summary>A node is kept for a later gang, that of a bridge which ruled meanwhile: its agent ignores what is about an earlier one.</summary>
    private bool IsOvertaken(GangRow gang) => gang.Members.Any(member => fleet.Find(member)?.Heartbeat?.Gang > gang.Number);

    private bool IsUnclaimed(HeldJob job) => job.Queue is { } name && ledger.Queues.Find(name) is { Stage: QueueStage.Offering or QueueStage.Offered };

    private bool IsLost(string member) => fleet.Find(member) is not { Row.Stage: AgentStage.Live, Heartbeat: not { Left: true } };

    /// <summary>What nobody has claimed nobody will: it is taken out of the pool, and what shows among the withdrawn nobody has (B6).</summary>
    private void Withdraw(HeldJob job, Tick tick)
    {
        if (!IsUnclaimed(job) || job.Queue is not { } name) return;
        if (spool.ListWithdrawn().Items.Contains(name))
        {
            ending.Requeue(job, "a node of its gang was lost before it began", tick.Now);
            ledger.Queues.SetStage(name, QueueStage.Replaced);
            return;
        }
        tick.ComeBackIn(Limits.CentralPause);
        if (tick.Monotonic < _withdrawDue) return;
        _withdrawDue = tick.Monotonic + Limits.CentralPause;
        tick.AfterCommit(() =>
        {
            foreach (var entry in spool.ListPool().Items.Where(entry => entry.Name == name)) spool.Withdraw(entry);
        });
    }

    /// <summary>The first of a gang that is dissolving may still run its job; the others are free.</summary>
    private void Bind(IReadOnlyList<GangRow> gangs)
    {
        foreach (var agent in fleet.Agents) agent.Gang = null;
        foreach (var gang in gangs)
            foreach (var member in gang.Stage == GangStage.Dissolving ? gang.Members.Take(1) : gang.Members)
                if (fleet.Find(member) is { } agent) agent.Gang = gang;
    }

    private void Form(IReadOnlyList<GangWish> wishes, List<GangRow> gangs, Tick tick)
    {
        var taken = gangs.Select(gang => gang.Row).ToHashSet();
        var plan = GangRules.Plan([.. wishes.Where(wish => !taken.Contains(wish.Row))], Pilots(tick));
        PilotsWanted = plan.PilotsWanted;
        foreach (var formed in plan.Formed)
        {
            var job = ledger.Jobs.FindRow(formed.Wish.Row)!;
            if (job.Killed) continue;
            var gang = new GangRow(ledger.Facts.Next("gang"), job.Row, job.Branch, [.. formed.Members.Select(card => card.Agent)], GangStage.Gathering);
            ledger.Gangs.Add(gang);
            gangs.Add(gang);
            Log.Information("job {Job} gets {Nodes} nodes together: gang {Gang}", job.Id, gang.Members.Count, gang.Number);
        }
    }

    private List<GangPilot> Pilots(Tick tick)
    {
        var margin = BridgeRules.DrainMargin(options.Walltime);
        var starting = pilots.Starting.Select(pilot => new GangPilot(pilot.Tag, pilots.DeadlineOf(pilot, tick) - tick.Now - margin, options.NodesPerPilot, []));
        var running = fleet.Working.GroupBy(agent => agent.Row.Pilot).Select(group => new GangPilot(
            group.Key, group.Min(agent => agent.Deadline(tick)) - tick.Now - margin, Coming(group),
            [.. group.Select(agent => new GangAgent(agent.Card!, agent.Heartbeat?.IdleCores ?? 0, agent.Gang is null))]));
        return [.. starting, .. running];

        // Agents of one pilot come one after the other; who has left does not come again.
        int Coming(IGrouping<string, AgentView> group) =>
            pilots.IsYoung(group.Key, tick) ? Math.Max(0, options.NodesPerPilot - fleet.Agents.Count(agent => agent.Row.Pilot == group.Key)) : 0;
    }

    private void Say(AgentView agent, Tick tick)
    {
        var heard = agent.Heartbeat?.Gang ?? 0;
        if (agent.Gang is { Stage: not GangStage.Dissolving } gang)
        {
            if (heard != gang.Number) Tell(agent, new Reserve(gang.Number, gang.Members[0] == agent.Row.Agent), tick);
        }
        else if (heard > 0) Tell(agent, new Release(heard), tick);
    }

    private CompleteGang? CompleteOf(GangRow gang)
    {
        List<AgentView> members = [.. gang.Members.Select(fleet.Find).OfType<AgentView>()];
        return GangRules.IsComplete(gang.Number, members.Select(agent => (agent.Heartbeat, agent.Card!.Cores)))
            ? new CompleteGang(gang, new Gang(gang.Number, string.Join('\n', members.Select(agent => agent.Row.Node))))
            : null;
    }
}
