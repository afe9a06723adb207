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
}
