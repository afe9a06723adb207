using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Monitoring;

/// <summary>What a running job used so far, as its measurements showed. Belongs to the loop's thread.</summary>
internal sealed class JobUse
{
    private readonly HashSet<PayloadCause> _warned = [];
    private readonly Dictionary<PayloadCause, double> _shares = [];
    private TimeSpan _measuredAt, _busyAt;
    private double _busyCpu;

    /// <summary>The newest; null before the first.</summary>
    public JobSample? Sample { get; private set; }

    /// <summary>Most resident memory of all its processes together.</summary>
    public long PeakRssKib { get; private set; }

    /// <summary>How long it has used next to no CPU.</summary>
    public TimeSpan Idle(TimeSpan now) => now - _busyAt;

    public void Take(JobSample sample, TimeSpan now)
    {
        if (Sample is null || LimitRules.IsBusy(sample.CpuSeconds - _busyCpu, now - _busyAt)) (_busyAt, _busyCpu) = (now, sample.CpuSeconds);
        PeakRssKib = Math.Max(PeakRssKib, sample.RssKib);
        Sample = sample;
    }

    /// <summary>True once for each limit.</summary>
    public bool MayWarn(PayloadCause cause) => _warned.Add(cause);

    /// <summary>When to look again by how the uses grew since the last time.</summary>
    public TimeSpan NextLook(IReadOnlyList<LimitUse> uses, TimeSpan now, TimeSpan cost)
    {
        var elapsed = (now - _measuredAt).TotalSeconds;
        var next = LimitRules.NextLook(0, 0, cost);
        foreach (var use in uses)
        {
            // Without an earlier measurement all of it grew since the start.
            var grown = use.Share - _shares.GetValueOrDefault(use.Cause);
            var due = LimitRules.NextLook(use.Share, grown / Math.Max(elapsed, Limits.ShortestSample.TotalSeconds), cost);
            if (due < next) next = due;
            _shares[use.Cause] = use.Share;
        }
        _measuredAt = now;
        return next;
    }

    /// <summary>Begins to count at the start of the payload.</summary>
    public void Start(TimeSpan now) => (_measuredAt, _busyAt) = (now, now);
}
