using HpcGrid.Bridge.Ledger;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Says to each agent what it must know: its lease, which queue files it may forget (B4) or begin (A3), which attempts to stop (K1).
/// Level-triggered: what must be said follows from ledger and listing each time, and is said again until its effect is seen. So a lost
/// message or a crash between ledger and spool needs no memory.
/// </summary>
/// <param name="operationsPerSecond">The bridge's budget of metadata operations.</param>
internal sealed class MessageStep(
    LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, MeasuredTiming timing, Pace pace, double operationsPerSecond) : BridgeStep
{
    private HashSet<QueueName> _condemned = [];
    private ILookup<QueueName, HeldJob> _killed = Enumerable.Empty<HeldJob>().ToLookup(job => job.Queue!.Value);
    private int _sent;
    private TimeSpan _leaseInterval, _leasesDue;
    private bool _renews;

    /// <summary>Every agent finishes what runs and hands the rest back.</summary>
    public bool Drain { get; set; }

    public override void Run(Tick tick)
    {
        _sent = 0;
        _leaseInterval = LeaseRules.Interval(timing.Now, fleet.Agents.Count, operationsPerSecond);
        _renews = tick.Monotonic >= _leasesDue;
        if (_renews) _leasesDue = tick.Monotonic + _leaseInterval / Limits.LeaseRounds;
        _condemned = [.. ledger.Queues.WithCondemned()];
        _killed = ledger.Jobs.Killed().Where(job => job.Queue is not null).ToLookup(job => job.Queue!.Value);
        foreach (var agent in fleet.Agents)
        {
            if (agent.Row.Stage != AgentStage.Live || agent.Seen is not { } seen) continue;
            Lease(agent, tick);
            if ((Drain || agent.Retired || agent.BlackHole is not null) && agent.Heartbeat?.Draining != true) Send(agent, new Drain(), tick);
            foreach (var queue in seen.Claims) About(agent, queue, tick);
            if (agent.IsFull) MakeRoom(agent, seen, tick);
            Tidy(agent, tick);
        }
    }

    private void Lease(AgentView agent, Tick tick)
    {
        if (agent.LeasedAt is { } leased && (!_renews || tick.Monotonic - leased < _leaseInterval)) return;
        var number = ledger.Agents.NextLease(agent.Row.Agent);
        tick.AfterCommit(() =>
        {
            if (spool.Agents.Lease(agent.Row.Agent, number) == Errno.None) agent.Leased(number, tick.Monotonic);
        });
    }

    private void About(AgentView agent, QueueName queue, Tick tick)
    {
        var accepted = agent.Accepted.GetValueOrDefault(queue);
        if (accepted.Final)
        {
            var ack = new Ack(queue);
            if (IsFresh(agent, ack, tick) || ledger.Outputs.OnSpool(queue)) return;
            if (Send(agent, ack, tick) && ledger.Queues.Find(queue) is { Stage: QueueStage.Closed }) ledger.Queues.SetStage(queue, QueueStage.Acked);
            return;
        }
        if (_condemned.Contains(queue))
            foreach (var id in ledger.Queues.Condemned(queue)) Send(agent, new Kill(id), tick);
        foreach (var job in _killed[queue]) Send(agent, new Kill(job.Id), tick);
        // Its first version says that the agent has read the file.
        if (accepted.Sequence > 0 && !agent.Begun.Contains(queue)) Begin(agent, queue, tick);
    }

    /// <summary>
    /// Strict mode: only the current generation in the hands of its one owner may begin. Of one that surfaced when its jobs had been offered again nothing is to
    /// begin: waiting for that word for ever, its agent would take no other work.
    /// </summary>
    private void Begin(AgentView agent, QueueName queue, Tick tick)
    {
        var row = ledger.Queues.Find(queue);
        if (row is null or { Strict: true, Stage: QueueStage.Replaced }) Send(agent, new Yield(queue, 0), tick);
        else if (!row.Strict) agent.Begun.Add(queue);
        else if (row.Stage == QueueStage.Claimed && row.Agent == agent.Row.Agent) Send(agent, new Start(queue), tick);
    }

    /// <summary>
    /// Large outputs stay until their queue file is over; on a full spool its other jobs could wait for just that room. An attempt that the ledger does not
    /// hold any more has ended, with its outputs uploaded: nobody reads its files.
    /// </summary>
    private void MakeRoom(AgentView agent, AgentObservation seen, Tick tick)
    {
        foreach (var id in seen.Outputs.Select(output => output.Id).Distinct())
            if (ledger.Jobs.Find(id) is null) Send(agent, new Saved(id), tick);
    }

    /// <summary>True when it is said now; false when it was said a moment ago, or too much was said in this tick.</summary>
    public bool Send(AgentView agent, ControlMessage message, Tick tick)
    {
        if (IsFresh(agent, message, tick)) return false;
        if (++_sent > Limits.MessagesPerTick)
        {
            tick.ComeBackIn(TimeSpan.Zero);
            return false;
        }
        var sequence = ledger.Agents.NextMessage(agent.Row.Agent, spool.Epoch);
        tick.AfterCommit(() =>
        {
            if (spool.Agents.Send(agent.Row.Agent, sequence, message) != Errno.None) return;
            agent.Sent[message] = tick.Monotonic;
            agent.Inbox.Add(new MessageName(sequence, spool.Epoch, message.Kind));
            // Nothing waits for what an acknowledgement does.
            if (message is not Ack) pace.Expect();
        });
        return true;
    }

    /// <summary>It was said, and its effect may still come.</summary>
    private bool IsFresh(AgentView agent, ControlMessage message, Tick tick) =>
        agent.Sent.TryGetValue(message, out var last) && tick.Monotonic - last < Limits.RepeatMessage + timing.Now.CachingBound;

    /// <summary>Unlinks messages that the agent says it has applied.</summary>
    private void Tidy(AgentView agent, Tick tick)
    {
        var applied = agent.Heartbeat?.Applied ?? 0;
        if (agent.Inbox.Count == 0 || agent.Inbox[0].Sequence > applied) return;
        tick.AfterCommit(() =>
        {
            foreach (var message in agent.Inbox.Where(message => message.Sequence <= applied)) spool.Agents.RemoveMessage(agent.Row.Agent, message);
            agent.Inbox.RemoveAll(message => message.Sequence <= applied);
        });
    }
}
