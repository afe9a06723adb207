using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// B6: everything that the ledger believes to be in the pool or with a live agent must be seen there; what several full listings over a
/// long time do not show is offered again as the next generation. And the other way round: files that the ledger does not want are
/// taken out of the pool, and what an agent claimed of a lost ledger is stopped.
/// </summary>
internal sealed class ReconcileStep(
    LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, JobEnding ending, MeasuredTiming timing) : BridgeStep
{
    private readonly Dictionary<QueueName, (int Listings, TimeSpan Since)> _missing = [];
    private readonly HashSet<QueueName> _strangers = [];

    /// <summary>Found in the ledger since the last reconciliation: thousands of claims are not looked up in each tick.</summary>
    private readonly HashSet<QueueName> _ours = [];
    private TimeSpan _due;

    public override void Run(Tick tick)
    {
        StopStrangers(tick);
        if (tick.Monotonic < _due) return;
        _due = tick.Monotonic + timing.Now.Reconcile;
        _ours.Clear();
        var pool = spool.ListPool();
        // An incomplete look proves nothing; the next one counts.
        if (!pool.Complete) return;
        foreach (var name in pool.Foreign.Take(Limits.QuarantinedAtOnce)) Quarantine(name, tick);
        var queues = ledger.Queues.All().ToDictionary(queue => queue.Name);
        foreach (var entry in pool.Items)
            if (queues.GetValueOrDefault(entry.Name) is var queue && IsOver(queue)) TakeOut(entry, queue is null, tick);
        var (looks, unreadable) = Looks();
        var seen = pool.Items.Select(entry => entry.Name).Concat(looks.SelectMany(look => look.Claims.Concat(look.Versions.Keys))).ToHashSet();
        foreach (var queue in queues.Values.Where(queue => queue.Stage is QueueStage.Offered or QueueStage.Claimed))
            // Nothing is concluded of what an agent may have whose directories cannot be listed: its own files, and those that nobody is known to have.
            if (queue.Agent is { } owner ? !unreadable.Contains(owner) : unreadable.Count == 0) Check(queue, seen, tick);
        // What the ledger still believes to be offered somebody has just taken back, and has yet to see here.
        foreach (var name in spool.ListWithdrawn().Items)
            if (IsOver(queues.GetValueOrDefault(name))) tick.AfterCommit(() => spool.ForgetWithdrawn(name));
    }

    public override void Forget()
    {
        _missing.Clear();
        _ours.Clear();
    }

    /// <summary>
    /// What the agents hold, as last seen, and the living ones that could not be looked at. Once something is missing only new looks count, because the last one
    /// may be old.
    /// </summary>
    private (List<AgentObservation> Looks, HashSet<string> Unreadable) Looks()
    {
        var afresh = _missing.Count > 0;
        var looks = new List<AgentObservation>();
        var unreadable = new HashSet<string>();
        foreach (var agent in fleet.Agents)
        {
            var isLive = agent.Row.Stage == AgentStage.Live;
            var look = isLive && afresh ? spool.Agents.Observe(new AgentPlace(agent.Row.Agent)) : agent.Seen;
            if (isLive && look?.Errno != Errno.None) unreadable.Add(agent.Row.Agent);
            if (look is not null) looks.Add(look);
        }
        return (looks, unreadable);
    }

    private void Check(QueueRow queue, HashSet<QueueName> seen, Tick tick)
    {
        // The sweep of a given-up agent deals with its files.
        if (seen.Contains(queue.Name) || (queue.Agent is { } owner && fleet.Find(owner) is { Row.Stage: not AgentStage.Live }))
        {
            _missing.Remove(queue.Name);
            return;
        }
        var (listings, since) = _missing.GetValueOrDefault(queue.Name, (0, tick.Monotonic));
        _missing[queue.Name] = (listings + 1, since);
        if (listings + 1 < timing.Now.LostListings || tick.Monotonic - since < timing.Now.Lost) return;
        // Nobody can vouch that a lost file of strict jobs has no reader.
        if (queue.Strict && queue.Stage == QueueStage.Claimed) return;
        Log.Error("queue file {Queue} is nowhere to be seen; its unfinished jobs are offered again", queue.Name);
        foreach (var job in ledger.Jobs.InQueue(queue.Name).Where(job => job.Stage == JobStage.Queued))
            ending.Requeue(job, "its queue file was lost by the shared filesystem", tick.Now);
        ledger.Queues.SetStage(queue.Name, QueueStage.Replaced);
        _missing.Remove(queue.Name);
    }

    /// <summary>G1, G2: nobody opens it, but every agent lists it. Its bytes are kept.</summary>
    private void Quarantine(string name, Tick tick)
    {
        Log.Warning("'{Name:l}' in the pool is no offer: it is moved to corrupt/", OutputName.LabelOf(name));
        tick.AfterCommit(() => spool.Sweep.QuarantineOffer(name));
    }

    private static bool IsOver(QueueRow? queue) => queue is null or { Stage: QueueStage.Replaced or QueueStage.Over };

    private void TakeOut(PoolEntry entry, bool unknown, Tick tick)
    {
        if (unknown) Log.Warning("queue file {Queue} in the pool is not in this ledger: it is taken out", entry.Name);
        tick.AfterCommit(() => spool.Withdraw(entry));
    }

    /// <summary>Claims that the ledger does not know are of a ledger that was lost: central gives those jobs out again, so they must stop here.</summary>
    private void StopStrangers(Tick tick)
    {
        foreach (var agent in fleet.Agents.Where(agent => agent.Row.Stage == AgentStage.Live && agent.Seen is not null))
            foreach (var name in agent.Seen!.Claims.Where(IsStranger))
            {
                if (agent.Accepted.GetValueOrDefault(name).Final) continue;
                var claim = spool.Agents.ReadClaimed(agent.Seen.Place, name);
                if (claim.Queue is not { } queue) continue;
                Log.Warning("agent {Agent} has {Queue} of another ledger: its {Count} jobs are stopped", agent.Row.Agent, name, queue.Jobs.Count);
                foreach (var id in queue.Jobs.Select(job => job.Id).Where(IsNotOurs)) ledger.Queues.Condemn(name, id);
                tick.AfterCommit(() => _strangers.Add(name));
            }
    }

    private bool IsStranger(QueueName name)
    {
        if (_ours.Contains(name) || _strangers.Contains(name)) return false;
        if (ledger.Queues.Find(name) is null) return true;
        _ours.Add(name);
        return false;
    }

    private bool IsNotOurs(AttemptId id) => ledger.Jobs.Find(id) is null;
}
