using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>How a master ends, by what became of its subjobs.</summary>
public static class MasterRules
{
    /// <summary>DONE when all are, KILLED when the rest was killed, otherwise FAILED with their number.</summary>
    public static Ended End(IReadOnlyDictionary<JobState, int> children)
    {
        var all = children.Values.Sum();
        var killed = children.GetValueOrDefault(JobState.Killed);
        var failed = children.Where(pair => pair.Key.IsFailure()).Sum(pair => pair.Value);
        return failed == 0 ? new Ended(JobState.Done) { Reason = $"all {all} subjobs are done" }
            : failed == killed ? new Ended(JobState.Killed) { Reason = $"{killed} of {all} subjobs were killed" }
            : new Ended(JobState.Failed) { Reason = $"{failed} of {all} subjobs failed" };
    }

    /// <summary>Why no further subjob is to be started (MaxFailed, MaxFailFraction, MaxInitFailed); null while that is not so.</summary>
    public static string? Excess(RetryPolicy policy, IReadOnlyDictionary<JobState, int> children)
    {
        if (policy.MostFailed is null && policy.MostFailedAtFirst is null) return null;
        var all = children.Values.Sum();
        var failed = children.Where(pair => pair.Key.IsFailure() && pair.Key != JobState.Killed).Sum(pair => pair.Value);
        if (policy.MostFailed is { } most && failed > most.Of(all)) return $"{failed} of {all} subjobs failed, more than {most.Text} allows";
        var succeeded = children.GetValueOrDefault(JobState.Done) + children.GetValueOrDefault(JobState.DoneWarn);
        return policy.MostFailedAtFirst is { } first && succeeded == 0 && failed > first
            ? $"{failed} subjobs failed and none succeeded, more than MaxInitFailed = {first} allows"
            : null;
    }
}
