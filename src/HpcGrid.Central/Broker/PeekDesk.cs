using System.Collections.Concurrent;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Looks into running jobs that wait for their node's answer: in memory only, because nobody waits any more after a restart. An order is pushed to the
/// bridge that holds the job and repeated in every answer to its renewals until it is answered or its asker has waited long enough.
/// </summary>
public sealed class PeekDesk(BridgeRoster roster, TimeSpan wait, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, OpenPeek> _open = new();

    /// <summary>Asks the bridge and waits. Throws GridError: what the node said, or Unavailable when it said nothing in time.</summary>
    public async Task<Peeked> Ask(string bridge, PeekOrder order)
    {
        if (_open.Count >= Limits.OpenPeeks || _open.Values.Count(open => open.Order.Attempt == order.Attempt) >= Limits.OpenPeeksPerJob)
            throw GridError.Unavailable("too many looks into running jobs wait for their nodes", "Try again in a moment.");
        var peek = new OpenPeek(bridge, order, new TaskCompletionSource<Peeked>(TaskCreationOptions.RunContinuationsAsynchronously));
        _open[order.Id] = peek;
        try
        {
            roster.Peek(bridge, [order]);
            return await peek.Answer.Task.WaitAsync(wait, clock);
        }
        catch (TimeoutException e)
        {
            throw GridError.Unavailable($"the node of job {order.Attempt.Job} did not answer within {wait.TotalSeconds:0} s",
                "Its shared filesystem may be slow or its bridge away; try again. hpcgrid trace shows where it runs.", e);
        }
        finally { _open.TryRemove(order.Id, out _); }
    }

    /// <summary>What this bridge's nodes are still to look at.</summary>
    public IReadOnlyList<PeekOrder> Of(string bridge) =>
        _open.IsEmpty ? [] : [.. _open.Values.Where(open => open.Bridge == bridge).Select(open => open.Order)];

    /// <summary>A node has looked. An answer that nobody waits for, or that another bridge was asked for, changes nothing.</summary>
    public void Answer(string bridge, AnswerPeek answer)
    {
        if (!_open.TryGetValue(answer.Id, out var open) || open.Bridge != bridge) return;
        if (answer.Error is { } error) open.Answer.TrySetException(error.ToException());
        else if (answer.Answer is { } seen && seen.Job == open.Order.Attempt.Job) open.Answer.TrySetResult(seen);
        else open.Answer.TrySetException(GridError.Unavailable($"bridge {bridge} answered a look with nothing", "Look at the bridge's log."));
    }

    private sealed record OpenPeek(string Bridge, PeekOrder Order, TaskCompletionSource<Peeked> Answer);
}
