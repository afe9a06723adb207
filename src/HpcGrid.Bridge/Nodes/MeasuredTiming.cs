using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// The spool's timing, with C raised to what this mount really shows: every lease comes back in a heartbeat, and what that takes beyond the agent's own
/// pauses is the mounts' (PROTOCOL 6). What a mount did once it does again, so it stays raised; but not for ever, because one node's mount may have been away.
/// </summary>
internal sealed class MeasuredTiming(SpoolTiming start)
{
    private readonly SpoolTiming _start = start;
    private TimeSpan _lateAt;

    public SpoolTiming Now { get; private set; } = start;

    /// <summary>So long a bound that was measured is believed.</summary>
    private TimeSpan Holds => Now.Reconcile * Limits.MeasuredBoundRounds;

    /// <summary>A lease came back.</summary>
    /// <param name="echo">From giving it to seeing it in a heartbeat.</param>
    /// <param name="betweenLooks">Since heartbeats were listed the last time.</param>
    /// <param name="now">The reader's monotonic time.</param>
    public void Echoed(TimeSpan echo, TimeSpan betweenLooks, TimeSpan now)
    {
        var bound = EchoRules.BoundOf(echo, betweenLooks, _start);
        if (bound > _start.CachingBound) _lateAt = now;
        if (bound > Now.CachingBound)
        {
            Log.Warning(
                "the shared filesystem shows changes {Measured:0.0} s late, more than the {Assumed:0.0} s of its kind: all waits are longer from now on",
                bound.TotalSeconds, _start.CachingBound.TotalSeconds);
            Now = Now.Raised(bound);
        }
        else if (Now != _start && now - _lateAt > Holds)
        {
            Log.Information("the shared filesystem has shown changes in time for {Minutes:0} minutes: waits are as usual again", Holds.TotalMinutes);
            Now = _start;
        }
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

    /// <summary>
    /// How long an agent stood still between two of its heartbeats. What a mount shows late comes with all the beats that were made meanwhile; who stood still
    /// has made none.
    /// </summary>
    /// <param name="silence">Between hearing the two, beyond the reader's own pause.</param>
    /// <param name="beats">From the first to the second.</param>
    /// <param name="timing">The agent's intervals.</param>
    public static TimeSpan StoodStill(TimeSpan silence, long beats, SpoolTiming timing)
    {
        var still = silence - timing.Heartbeat * BeatJitter * beats;
        return still > TimeSpan.Zero ? still : TimeSpan.Zero;
    }
}
