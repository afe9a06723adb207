using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// The spool's timing, with C raised to what this mount really shows: every lease comes back in a heartbeat, and what that takes beyond the agent's own
/// pauses is the mounts' (PROTOCOL 6). It never falls again while the bridge runs: what a mount did once it does again.
/// </summary>
internal sealed class MeasuredTiming(SpoolTiming start)
{
    public SpoolTiming Now { get; private set; } = start;

    /// <summary>A lease came back.</summary>
    /// <param name="echo">From giving it to seeing it in a heartbeat.</param>
    /// <param name="betweenLooks">Since heartbeats were listed the last time.</param>
    public void Echoed(TimeSpan echo, TimeSpan betweenLooks)
    {
        var bound = EchoRules.BoundOf(echo, betweenLooks, Now);
        if (bound <= Now.CachingBound) return;
        Log.Warning(
            "the shared filesystem shows changes {Measured:0.0} s late, more than the {Assumed:0.0} s of its kind: all waits are longer from now on",
            bound.TotalSeconds, Now.CachingBound.TotalSeconds);
        Now = Now.Raised(bound);
    }
}

/// <summary>What an echo says of a mount. Pure.</summary>
internal static class EchoRules
{
    /// <summary>Heartbeats come within a tenth of their interval, looks at an inbox within a quarter of theirs.</summary>
    private const double BeatJitter = 1.1, LookJitter = 1.25;

    /// <summary>
    /// C by this echo; what it was when the echo is explained by the agent's pauses between looks and beats, and ours. A filesystem of one machine (C is 0)
    /// caches nothing: there a long echo is a slow agent's, as is one beyond the bound of unknown mounts.
    /// </summary>
    public static TimeSpan BoundOf(TimeSpan echo, TimeSpan betweenLooks, SpoolTiming timing)
    {
        if (timing.CachingBound == TimeSpan.Zero) return TimeSpan.Zero;
        var excess = echo - betweenLooks - timing.PollMax * LookJitter - timing.Heartbeat * BeatJitter;
        var most = timing.CachingBound > Limits.LargestMeasuredBound ? timing.CachingBound : Limits.LargestMeasuredBound;
        return excess <= timing.CachingBound ? timing.CachingBound : excess < most ? excess : most;
    }
}
