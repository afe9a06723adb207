using HpcGrid.Agent.Processes;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Peeks;

/// <summary>Where to look for an order.</summary>
/// <param name="Sandbox">The job's working directory.</param>
/// <param name="Kin">By what its processes are found.</param>
/// <param name="Running">Its payload has not ended.</param>
internal sealed record PeekTarget(string Sandbox, Kinship Kin, bool Running);

/// <summary>
/// Performs looks beside the loop, because a sandbox's disk may hang and the loop must not. Each order gets one answer, an
/// error included. It may see the next job in a sandbox that is used again: therefore the caller confirms that the job is still there.
/// </summary>
internal sealed class Lookout
{
    private readonly AgentCard _card;
    private readonly AgentClock _clock;
    private readonly ISideWork _beside;
    private readonly Action<Seen> _tell;
    private readonly ProcessView _processes = new(Environment.ProcessId);
    private int _waiting;

    /// <param name="card">Who looks.</param>
    /// <param name="clock">For the answers.</param>
    /// <param name="beside">Does the looking.</param>
    /// <param name="tell">Takes each answer; called from there.</param>
    public Lookout(AgentCard card, AgentClock clock, ISideWork beside, Action<Seen> tell) => (_card, _clock, _beside, _tell) = (card, clock, beside, tell);

    /// <summary>Looks soon. False: too many looks wait; the bridge says it again.</summary>
    public bool TryAdd(Peek order, PeekTarget target)
    {
        if (Volatile.Read(ref _waiting) >= Limits.PeeksWaiting) return false;
        Interlocked.Increment(ref _waiting);
        _beside.Add(() =>
        {
            Interlocked.Decrement(ref _waiting);
            _tell(new Seen(order, target, Look(order, target)));
        });
        return true;
    }

    private PeekAnswer Look(Peek order, PeekTarget target)
    {
        try { return new PeekAnswer(order.Order, See(order, target), null); }
        catch (GridError e) { return new PeekAnswer(order.Order, null, ApiError.From(e)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new PeekAnswer(order.Order, null, new ApiError(ErrorCode.Unavailable, $"the node could not look: {e.Message}", null));
        }
    }

    private Peeked See(Peek order, PeekTarget target)
    {
        var peeked = new Peeked { Job = order.Id.Job, Attempt = order.Id.Attempt, Node = _card.Node, At = _clock.Utc, Running = target.Running };
        switch (order.What)
        {
            case PeekKind.File:
                var (bytes, offset, size) = SandboxView.Read(target.Sandbox, order.Path, order.Offset);
                return peeked with { Bytes = bytes, Offset = offset, Size = size };
            case PeekKind.Files:
                return peeked with { Files = SandboxView.List(target.Sandbox) };
            case PeekKind.Processes:
                return peeked with { Processes = target.Kin.Process == 0 ? [] : _processes.Of(target.Kin) };
            default:
                throw GridError.Invalid($"this agent does not know how to look at {order.What}", "Agent and central must be of the same version.");
        }
    }
}
