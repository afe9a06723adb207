using HpcGrid.Bridge.Ledger;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Looks at the agents: who is there, what they claimed, what they report. Reads only what has a new sequence in its name; commits each
/// version once (B3). Polls quickly while something moves and ever more slowly while nothing does (PROTOCOL 5).
/// </summary>
internal sealed class WatchStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, AgentReader reader, Pace pace) : BridgeStep
{
    public override void Run(Tick tick)
    {
        if (!pace.IsDue(tick)) return;
        if (fleet.Agents.Count == 0) Load(tick);
        var moved = Adopt(tick);
        foreach (var agent in fleet.Agents)
            if (agent.Row.Stage != AgentStage.Fenced) moved |= Look(agent, tick);
        pace.Looked(tick, moved);
    }

    public override void Forget()
    {
        fleet.Clear();
        pace.Expect();
    }

    private void Load(Tick tick)
    {
        foreach (var row in ledger.Agents.All())
            fleet.Add(new AgentView(row) { Accepted = ledger.Queues.Accepted(row.Agent), BeatAt = tick.Monotonic, FencedAt = tick.Monotonic });
        foreach (var queue in ledger.Queues.All())
            if (queue is { Agent: { } agent, Stage: not (QueueStage.Over or QueueStage.Replaced) }) fleet.Find(agent)?.Claims.Add(queue.Name);
    }

    /// <summary>Agents that the ledger does not know: new ones, and those of a ledger that was lost.</summary>
    private bool Adopt(Tick tick)
    {
        var listing = spool.Agents.List();
        if (!listing.Complete && listing.Errno != Errno.ENOENT) throw listing.Errno.ToGridError("listing the agents");
        var found = false;
        foreach (var name in listing.Items.Where(name => fleet.Find(name) is null))
        {
            var errno = spool.Agents.ReadCard(new AgentPlace(name), out var card);
            if (card is null)
            {
                // What another bridge fenced has no `live`; its ledger or central deals with its jobs.
                Log.Debug("agent {Agent} has no readable card: {Errno}", name, errno);
                continue;
            }
            var row = new AgentRow(name, card.Node, card.Pilot, card.BatchId, AgentStage.Live, false, tick.Now, "");
            ledger.Agents.Add(row);
            fleet.Add(new AgentView(row) { Card = card, BeatAt = tick.Monotonic });
            Log.Information("agent {Agent} is there: {Cores} cores on {Node}, network {Network}", name, card.Cores, card.Node, card.Network);
            found = true;
        }
        return found;
    }

    private bool Look(AgentView agent, Tick tick)
    {
        var place = new AgentPlace(agent.Row.Agent);
        if (agent.Card is null && spool.Agents.ReadCard(place, out var card) == Errno.None) agent.Card = card;
        var seen = spool.Agents.Observe(place);
        if (agent.Seen?.Heartbeat?.Number != seen.Heartbeat?.Number && seen.Heartbeat is not null)
        {
            agent.BeatAt = tick.Monotonic;
            agent.Suspect = false;
        }
        // A listing that failed half-way shows no heartbeat: the last one counts on.
        agent.Seen = seen.Heartbeat is null ? seen with { Heartbeat = agent.Seen?.Heartbeat } : seen;
        var moved = reader.Claims(agent, seen, tick) | reader.Versions(agent, seen, Limits.VersionsPerTick, tick);
        reader.Closed(agent, seen);
        return moved;
    }
}
