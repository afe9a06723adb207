using HpcGrid.Core.Api;
using HpcGrid.Core.Sites;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// How jobs ended on each node within the last minutes. Memory only: a restart learns it anew. While nothing fails nothing is kept, so a
/// healthy site pays nothing.
/// </summary>
public sealed class NodeHealth
{
    private readonly Queue<(TimeSpan At, string Node, string Kind, bool Failed)> _ends = new();
    private int _failures;

    /// <summary>A job ended on its node.</summary>
    /// <param name="report">How.</param>
    /// <param name="seconds">How long it had its slot.</param>
    /// <param name="kind">What kind of job it was; asked only when it is needed.</param>
    /// <param name="now">Monotonic time.</param>
    public void Ended(JobReport report, double seconds, Func<string> kind, TimeSpan now)
    {
        Forget(now);
        var failed = FailsAtOnce(report, seconds);
        if (!failed && _failures == 0) return;
        if (_ends.Count >= Limits.MostEndings) Drop();
        _ends.Enqueue((now, report.Node, kind(), failed));
        if (failed) _failures++;
    }

    /// <summary>By node, for the rules.</summary>
    public IReadOnlyCollection<PlaceRecord> Records(TimeSpan now)
    {
        Forget(now);
        if (_failures < BlackHoleRules.LeastJobs) return [];
        return [.. _ends.GroupBy(end => end.Node).Select(node => new PlaceRecord(node.Key, node.GroupBy(end => end.Kind)
            .ToDictionary(kind => kind.Key, kind => new Endings(kind.Count(), kind.Count(end => end.Failed)))))];
    }

    /// <summary>What was seen of a node counts no more: it is judged already.</summary>
    public void Forgive(string node)
    {
        var kept = _ends.Where(end => end.Node != node).ToList();
        _ends.Clear();
        _failures = kept.Count(end => end.Failed);
        foreach (var end in kept) _ends.Enqueue(end);
    }

    private static bool FailsAtOnce(JobReport report, double seconds) => seconds < Limits.AtOnceSeconds && report.Outcome
        is Outcome.ExecutionFailed or Outcome.ValidationFailed or Outcome.InputFailed or Outcome.OutputFailed or Outcome.Refused;

    private void Forget(TimeSpan now)
    {
        while (_ends.TryPeek(out var oldest) && now - oldest.At > Limits.HealthWindow) Drop();
    }

    private void Drop()
    {
        if (_ends.Dequeue().Failed) _failures--;
    }
}
