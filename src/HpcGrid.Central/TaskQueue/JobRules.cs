using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;

namespace HpcGrid.Central.TaskQueue;

/// <summary>Who may see and change a job, and how many at once.</summary>
public static class JobRules
{
    /// <summary>Others' jobs do not exist for a user.</summary>
    public static bool MaySee(Caller caller, JobRow row) => caller.IsAdmin || row.Owner == caller.Name;

    /// <summary>Throws GridError(TooLarge).</summary>
    public static void MustBeFew(IReadOnlyCollection<long> jobs)
    {
        if (jobs.Count > Limits.JobsPerRequest)
            throw new GridError(ErrorCode.TooLarge, $"{jobs.Count} jobs in one request", $"Name at most {Limits.JobsPerRequest}; a master counts as one.");
    }
}
