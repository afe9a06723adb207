using HpcGrid.Spool;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// The bridge's share of the metadata server (PROTOCOL 5): so many operations a second on average. All operations are paid for, but only the look at
/// the spool waits for it: what was begun is never cut, and leases, kills, fences and offers go on meanwhile with what the last look showed.
/// </summary>
/// <param name="perSecond">Operations a second; as many may come at once.</param>
/// <param name="longest">No look is put off for longer: new claims must hear of kills, and silence must be seen, in time.</param>
/// <param name="operations">All operations so far.</param>
public sealed class OperationsBudget(double perSecond, TimeSpan longest, Func<long> operations)
{
    private readonly TokenBucket _bucket = new(perSecond, perSecond);
    private TimeSpan _looked;
    private long _paid;

    /// <summary>True when what was done so far is within the budget, or the last look was too long ago.</summary>
    /// <param name="now">Any monotonic time.</param>
    public bool MayLook(TimeSpan now)
    {
        var done = operations();
        var affordable = _bucket.TryTake(now, done - _paid);
        if (affordable) _paid = done;
        else if (now - _looked < longest) return false;
        _looked = now;
        return true;
    }

    /// <summary>The default: a filesystem that others share is spared; one of this machine only (C is 0) has no server to be kind to.</summary>
    public static double DefaultFor(TimeSpan cachingBound) =>
        cachingBound > TimeSpan.Zero ? Limits.SharedOperationsPerSecond : Limits.LocalOperationsPerSecond;
}
