using HpcGrid.Bridge.Ledger;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Looks at the agents: who is there, what they claimed, what they report. Heartbeats tell where something changed; where agents are few, all are looked
/// at every time. Reads only what has a new sequence in its name; commits each version once (B3). Polls quickly while something moves and ever more slowly
/// while nothing does (PROTOCOL 5).
/// </summary>
internal sealed class WatchStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, AgentReader reader, Pace pace, MeasuredTiming timing) : BridgeStep
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(-1);
    private TimeSpan _listened, _listedAt = Never;

    public override void Run(Tick tick)
    {
        if (!pace.IsDue(tick)) return;
        if (fleet.Agents.Count == 0) Load(tick);
        var beats = spool.Agents.ListHeartbeats().Items;
        var moved = MayHaveNewAgents(beats, tick) && Adopt(tick);
        Listen(beats, tick);
        foreach (var agent in fleet.Agents)
            if (agent.Row.Stage != AgentStage.Fenced && IsDue(agent, tick)) moved |= Look(agent, tick);
        pace.Looked(tick, moved);
    }

    public override void Forget()
    {
        fleet.Clear();
        _listedAt = Never;
        pace.LookNow();
    }

    private void Load(Tick tick)
    {
        foreach (var row in ledger.Agents.All())
            fleet.Add(new AgentView(row) { Accepted = ledger.Queues.Accepted(row.Agent), BeatAt = tick.Monotonic, FencedAt = tick.Monotonic });
        foreach (var queue in ledger.Queues.All())
            if (queue is { Agent: { } agent, Stage: not (QueueStage.Over or QueueStage.Replaced) }) fleet.Find(agent)?.Claims.Add(queue.Name);
    }

    /// <summary>Who enters beats first; and now and then everything, so that nothing hangs on a hint.</summary>
    private bool MayHaveNewAgents(IReadOnlyList<HeartbeatName> beats, Tick tick)
    {
        if (fleet.Agents.Count > 0 && tick.Monotonic < _listedAt + timing.Now.Heartbeat && beats.All(beat => fleet.Find(beat.Agent) is not null)) return false;
        _listedAt = tick.Monotonic;
        return true;
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
            var agent = new AgentView(row) { BeatAt = tick.Monotonic };
            agent.Learn(card, tick);
            fleet.Add(agent);
            Log.Information("agent {Agent} is there: {Cores} cores on {Node}, network {Network}", name, card.Cores, card.Node, card.Network);
            found = true;
        }
        return found;
    }

    /// <summary>A listing that failed half-way shows less, never something false: the last heartbeat counts on.</summary>
    private void Listen(IReadOnlyList<HeartbeatName> beats, Tick tick)
    {
        var betweenLooks = tick.Monotonic - _listened;
        _listened = tick.Monotonic;
        foreach (var beat in beats)
        {
            if (fleet.Find(beat.Agent) is not { } agent) continue;
            agent.Hear(beat.Marker, tick.Monotonic, timing.Now.CachingBound);
            if (agent.Echo.Heard(beat.Marker, tick.Monotonic, betweenLooks, timing.Now) is { } echo) timing.Echoed(echo, betweenLooks, tick.Monotonic);
        }
    }

    /// <summary>A change that a heartbeat tells of is looked for until it is seen, or the mount surely shows it; and now and then everything, so that nothing hangs on a hint.</summary>
    private bool IsDue(AgentView agent, Tick tick)
    {
        if (agent.Seen?.Errno != Errno.None || agent.HasMore || agent.IsChangeDue(tick.Monotonic)) return true;
        // Few agents are looked at with each reconciliation anyway; and all the time before their first change, or when they never tell of one.
        return spool.Root.Layout.IsSharded
            ? tick.Monotonic - agent.LookedAt > timing.Now.Reconcile * Limits.LookAnywayRounds
            : agent.Heartbeat is not { Changes: > 0 } || tick.Monotonic - agent.LookedAt > timing.Now.Reconcile;
    }

    private bool Look(AgentView agent, Tick tick)
    {
        var place = new AgentPlace(agent.Row.Agent);
        if (agent.Card is null)
        {
            _ = spool.Agents.ReadCard(place, out var card);
            if (card is not null) agent.Learn(card, tick);
        }
        var seen = spool.Agents.Observe(place);
        agent.Looked(seen, tick.Monotonic);
        var moved = reader.Claims(agent, seen, tick) | reader.Versions(agent, seen, Limits.VersionsPerTick, tick);
        reader.Closed(agent, seen);
        if (AgentReader.HasAll(agent, seen)) agent.ReadAll();
        return moved;
    }
}
