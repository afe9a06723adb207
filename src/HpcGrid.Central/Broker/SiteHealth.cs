using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using Serilog;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Finds sites that fail at once what others do well (R-A13) and throttles them: they get one job at a time until one succeeds. Memory only, because a
/// restart learns it anew. Thread-safe.
/// </summary>
public sealed class SiteHealth(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset At, string Bridge, long Description, bool Failed)> _ends = new();
    private readonly Dictionary<string, string> _throttled = [];
    private int _failures, _failuresUnjudged;

    /// <summary>Why a bridge's site gets one job at a time; null when it does not.</summary>
    public string? Throttled(string bridge)
    {
        lock (_lock) return _throttled.GetValueOrDefault(bridge);
    }

    /// <summary>A job ended at a site.</summary>
    public void Ended(string bridge, long description, Ended ended)
    {
        if (ended.State is JobState.Killed or JobState.Expired) return;
        var failed = ended.State.IsFailure() && (ended.Payload is null || ended.Payload.WallSeconds < Limits.AtOnceSeconds);
        lock (_lock)
        {
            while (_ends.TryPeek(out var oldest) && (clock.GetUtcNow() - oldest.At > Limits.HealthWindow || _ends.Count >= Limits.MostEndings)) Drop();
            if (!failed && _throttled.Remove(bridge))
            {
                Log.Information("the site of bridge {Bridge} has done a job well again and gets as many as it asks for", bridge);
                Forgive(bridge);
            }
            if (!failed && _failures == 0) return;
            _ends.Enqueue((clock.GetUtcNow(), bridge, description, failed));
            if (!failed) return;
            _failures++;
            // Not after each failure: a broken production has very many, and judging looks at all ends.
            if (++_failuresUnjudged < Math.Max(BlackHoleRules.LeastJobs, _ends.Count / Limits.EndingsPerJudgement) || _throttled.ContainsKey(bridge)) return;
            _failuresUnjudged = 0;
            Judge(bridge);
        }
    }

    private void Judge(string bridge)
    {
        var records = _ends.GroupBy(end => end.Bridge).Select(site => new PlaceRecord(site.Key, site.GroupBy(end => end.Description)
            .ToDictionary(kind => $"{kind.Key}", kind => new Endings(kind.Count(), kind.Count(end => end.Failed))))).ToList();
        if (BlackHoleRules.Find(records).FirstOrDefault(hole => hole.Place == bridge) is not { } found) return;
        Log.Warning("the site of bridge {Bridge} is throttled to one job at a time: {Reason}", bridge, found.Reason);
        _throttled[bridge] = found.Reason;
    }

    private void Forgive(string bridge)
    {
        var kept = _ends.Where(end => end.Bridge != bridge).ToList();
        _ends.Clear();
        _failures = kept.Count(end => end.Failed);
        foreach (var end in kept) _ends.Enqueue(end);
    }

    private void Drop()
    {
        if (_ends.Dequeue().Failed) _failures--;
    }
}
