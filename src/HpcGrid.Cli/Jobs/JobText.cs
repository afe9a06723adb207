using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Jobs;

/// <summary>What a line of a job listing says in words.</summary>
internal static class JobText
{
    /// <summary>"120 DONE 3 ERROR_E 8 RUNNING"; empty for what is no master.</summary>
    public static string Subjobs(JobLine job) => job.Children is not { Count: > 0 } children
        ? ""
        : string.Join(" ", children.Where(state => state.Value > 0).OrderBy(state => StateColours.Order(state.Key)).Select(state =>
            $"{state.Value} {state.Key}"));

    /// <summary>How long it took, once it has ended.</summary>
    public static string Time(JobLine job) =>
        job.StartedAt is { } started && job.EndedAt is { } ended && ended >= started ? Words.Duration(ended - started) : "";

    /// <summary>The reason, when it says more than the state does.</summary>
    public static string Why(JobLine job) =>
        job.Reason is { Length: > 0 } reason && (IsFailed(job.State) || job.Attempt > 1) ? reason : Payload(job);

    public static bool IsFailed(string state) => JobStates.TryParse(state, out var known) && known.IsFailure();
    public static bool IsFinal(string state) => JobStates.TryParse(state, out var known) && known.IsFinal();
    public static bool IsDone(string state) => IsFinal(state) && !IsFailed(state);

    private static string Payload(JobLine job) => job.Payload is { } payload && payload.ExitCode != 0 ? payload.Describe() : "";
}
