using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>
/// Passes central's orders to look into running jobs on to their agents (K2), and their answers back. Memory only: central repeats what it
/// still waits for, and forgets what nobody waits for. An answer that does not reach central is sent again for as long as anybody may wait for it.
/// </summary>
internal sealed class PeekStep(LedgerDatabase ledger, ICentral central, Posts posts, BridgeSpool spool, Fleet fleet, CancellationToken stopping) : BridgeStep
{
    private readonly Dictionary<Guid, (PeekOrder Order, TimeSpan Until)> _open = [];
    private readonly Dictionary<Guid, TimeSpan> _answered = [];
    private readonly Dictionary<Guid, UnsentAnswer> _unsent = [];

    /// <summary>Tells an agent, and again while no effect is seen (K1).</summary>
    public Action<AgentView, ControlMessage, Tick> Tell { get; set; } = (_, _, _) => { };

    /// <summary>Central wants these looked at; those known already change nothing.</summary>
    public void Take(Tick tick, IReadOnlyList<PeekOrder> orders)
    {
        foreach (var order in orders)
            if (_open.Count < Limits.OpenPeeks && !_open.ContainsKey(order.Id) && !_answered.ContainsKey(order.Id))
                _open[order.Id] = (order, tick.Monotonic + Limits.PeekLife);
    }

    public override void Run(Tick tick)
    {
        if (_answered.Count > 0)
            foreach (var (id, until) in _answered.ToList())
                if (until < tick.Monotonic) _answered.Remove(id);
        if (_unsent.Count > 0)
            foreach (var unsent in _unsent.Values.Where(unsent => unsent.Due <= tick.Monotonic).ToList()) Send(unsent, tick);
        foreach (var (order, until) in _open.Values.ToList())
        {
            if (until < tick.Monotonic) Close(order, tick);
            else Follow(order, tick);
        }
    }

    private void Follow(PeekOrder order, Tick tick)
    {
        if (HolderOf(order.Attempt) is not { } agent)
        {
            Answer(new AnswerPeek(order.Id, null, new ApiError(ErrorCode.Conflict, $"job {order.Attempt.Job} is on no node now",
                $"It waits for one or is over: hpcgrid trace {order.Attempt.Job}.")), order, tick);
            return;
        }
        if (agent.Seen is not { } seen) return;
        var name = new AnswerName(order.Id);
        if (!seen.Answers.Contains(name))
        {
            Tell(agent, MessageOf(order), tick);
            return;
        }
        var errno = spool.Agents.ReadAnswer(seen.Place, name, out var answer);
        if (errno != Errno.None) return; // Listed and not readable now: the next tick finds it, or nobody waits any more.
        Answer(answer is null
            ? new AnswerPeek(order.Id, null, new ApiError(ErrorCode.Unavailable, "the node's answer was damaged on the shared filesystem", "Try again."))
            : new AnswerPeek(order.Id, answer.Seen, answer.Error), order, tick);
    }

    private void Answer(AnswerPeek answer, PeekOrder order, Tick tick)
    {
        Close(order, tick);
        Send(new UnsentAnswer(answer, order.Attempt.Job, tick.Monotonic + Limits.PeekLife, tick.Monotonic), tick);
    }

    private void Send(UnsentAnswer unsent, Tick tick)
    {
        _unsent.Remove(unsent.Answer.Id);
        tick.AfterCommit(() => posts.Fetch(() => central.Call(unsent.Answer, stopping), (_, _) => { }, (later, error) => Keep(unsent, error, later)));
    }

    private void Keep(UnsentAnswer unsent, GridError error, Tick tick)
    {
        var due = tick.Monotonic + Limits.CentralPause;
        if (error.IsTransient && due <= unsent.Until) _unsent[unsent.Answer.Id] = unsent with { Due = due };
        else Log.Debug("an answer to a look at job {JobId} did not reach central: {Message}", unsent.Job, error.Message);
    }

    private void Close(PeekOrder order, Tick tick)
    {
        _open.Remove(order.Id);
        foreach (var agent in fleet.Agents) agent.Sent.Remove(MessageOf(order));
        _answered[order.Id] = tick.Monotonic + Limits.PeekLife;
    }

    /// <summary>An answer on its way to central. As many as there are looks at most, each until its asker has given up.</summary>
    private sealed record UnsentAnswer(AnswerPeek Answer, long Job, TimeSpan Until, TimeSpan Due);

    private static Peek MessageOf(PeekOrder order) => new(order.Id, order.Attempt, order.Kind, order.Path, order.Offset);

    /// <summary>The living agent that has the attempt's queue file.</summary>
    private AgentView? HolderOf(AttemptId id) =>
        ledger.Jobs.Find(id) is { Stage: JobStage.Queued, Queue: { } queue } && ledger.Queues.Find(queue) is { Agent: { } owner }
        && fleet.Find(owner) is { Row.Stage: AgentStage.Live } agent ? agent : null;
}
