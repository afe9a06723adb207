using HpcGrid.Spool;

namespace HpcGrid.Bridge.Pilots;

/// <summary>What to do about pilots now.</summary>
/// <param name="Start">So many new ones.</param>
/// <param name="Cancel">So many of those that wait in the queue.</param>
public sealed record PilotPlan(int Start, int Cancel);

/// <summary>
/// Applies the rules over time: starts pilots no faster than allowed, pauses after bad luck, and takes queued ones back only when there has been nothing for
/// them for a while. Its memory may be lost: it begins hopeful. All times are on one monotonic clock.
/// </summary>
/// <param name="perMinute">Most pilots started in a minute; 0: as many as wanted.</param>
public sealed class PilotPlanner(int perMinute)
{
    private readonly TokenBucket? _ramp = perMinute > 0 ? new TokenBucket(perMinute / 60.0, Math.Max(1, perMinute / 6)) : null;
    private PilotFortune _fortune = new(0, 0);
    private TimeSpan? _surplusSince;

    /// <summary>Nothing is started before.</summary>
    public TimeSpan NotBefore { get; private set; }

    public PilotPlan Decide(PilotView view, TimeSpan now)
    {
        var surplus = PilotRules.Surplus(view);
        if (surplus == 0) _surplusSince = null;
        else _surplusSince ??= now;
        if (_surplusSince is { } since && now - since >= Limits.SurplusStays)
        {
            _surplusSince = null;
            return new PilotPlan(0, surplus);
        }
        if (now < NotBefore) return new PilotPlan(0, 0);
        // After bad luck one goes ahead, to see whether it is over.
        var most = PilotRules.Pause(_fortune) == TimeSpan.Zero ? int.MaxValue : Math.Max(0, 1 - view.Queued);
        var (wanted, start) = (Math.Min(PilotRules.ToStart(view), most), 0);
        while (start < wanted && _ramp?.TryTake(now, 1) != false) start++;
        return new PilotPlan(start, 0);
    }

    /// <summary>The batch system has taken one.</summary>
    public void Accepted() => _fortune = _fortune with { Refused = 0 };

    /// <summary>A pilot has found work.</summary>
    public void Worked() => _fortune = new PilotFortune(0, 0);

    /// <summary>A pilot has ended; the pause before the next one.</summary>
    public TimeSpan Ended(PilotEnd end, TimeSpan now)
    {
        _fortune = PilotRules.After(_fortune, end);
        var pause = PilotRules.Pause(_fortune);
        if (end != PilotEnd.Well) NotBefore = now + pause;
        return pause;
    }
}
