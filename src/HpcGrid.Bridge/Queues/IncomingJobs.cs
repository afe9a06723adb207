using System.Globalization;
using System.Text;
using System.Text.Json;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Bridge.Queues;

/// <summary>What the bridge must know of an assignment's specification; the bytes themselves go on untouched, because the grant covers them.</summary>
internal static class IncomingJobs
{
    /// <summary>Null when the specification cannot be read.</summary>
    /// <param name="assignment">What central sent.</param>
    /// <param name="before">The one read before: jobs of one production often have the same specification, letter for letter.</param>
    public static IncomingJob? Read(Assignment assignment, IncomingJob? before = null)
    {
        if (before is not null && before.Assignment.Spec == assignment.Spec && before.Assignment.Sources.Count == assignment.Sources.Count)
            return before with { Assignment = assignment };
        try
        {
            var spec = JsonSerializer.Deserialize(Encoding.UTF8.GetBytes(assignment.Spec), GridJson.Default.JobSpec);
            return spec is not null && spec.Inputs.Count == assignment.Sources.Count
                ? new IncomingJob(assignment, spec.Resources, spec.Repeatable)
                : null;
        }
        catch (JsonException) { return null; }
    }

    /// <summary>What the job is one of: its production, or a user's program. For comparing how such jobs end on different nodes.</summary>
    public static string KindOf(byte[] spec)
    {
        try { return JsonSerializer.Deserialize(spec, GridJson.Default.JobSpec) is { } job ? Kind(job) : ""; }
        catch (JsonException) { return ""; }
    }

    private static string Kind(JobSpec job) => job.Master is { } master
        ? string.Create(CultureInfo.InvariantCulture, $"{master}")
        : $"{job.User} {job.Argv.FirstOrDefault()}";

    /// <summary>The end of a job whose specification cannot be read.</summary>
    public static JobEvent Unreadable(Assignment assignment, DateTimeOffset now) => BridgeEvents.Ended(
        assignment.AttemptId, 0, JobState.ErrorI,
        "the job's specification is not understood by this bridge; central and bridge must be of the same version", now);
}
