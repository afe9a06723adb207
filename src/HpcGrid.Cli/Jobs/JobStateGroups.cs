using HpcGrid.Core;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Jobs;

/// <summary>States by their names, and the groups of them that people ask for: groups in small letters, so that FAILED is a state and failed any failure.</summary>
internal static class JobStateGroups
{
    private static readonly Dictionary<string, Func<JobState, bool>> Groups = new(StringComparer.Ordinal)
    {
        ["failed"] = state => state.IsFailure(),
        ["done"] = state => state.IsFinal() && !state.IsFailure(),
        ["ended"] = state => state.IsFinal(),
        ["active"] = state => !state.IsFinal(),
        ["running"] = state => state is JobState.Started or JobState.Running or JobState.Saving or JobState.Saved or JobState.SavedWarn
            or JobState.Idle or JobState.Interactive,
        ["waiting"] = state => state is JobState.Inserting or JobState.Updating or JobState.Splitting or JobState.ToStage or JobState.Staging
            or JobState.Staged or JobState.Waiting or JobState.OverWaiting or JobState.Assigned,
        ["lost"] = state => state is JobState.Zombie or JobState.Expired,
    };

    /// <summary>The groups' names, for help and completion.</summary>
    public static IEnumerable<string> Names => Groups.Keys;

    /// <summary>A state's or a group's states; a comma joins several. Throws GridError(Invalid) that names all.</summary>
    public static IEnumerable<JobState> Parse(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(ParseOne);

    private static IEnumerable<JobState> ParseOne(string text) =>
        Groups.TryGetValue(text, out var group) ? Enum.GetValues<JobState>().Where(group)
        : JobStates.TryParse(text, out var state) ? [state]
        : throw GridError.Invalid($"'{text}' is not a job state",
            $"The states are {string.Join(", ", Enum.GetValues<JobState>().Select(known => known.Text()).Order(StringComparer.Ordinal))}; "
            + $"groups of them: {string.Join(", ", Names)}.");

    /// <summary>States in which only what runs by itself can be, never a master.</summary>
    public static bool IsOfSubjobs(JobState state) => state is JobState.Assigned or JobState.Started or JobState.Running or JobState.Saving
        or JobState.Saved or JobState.SavedWarn or JobState.Zombie or JobState.Idle or JobState.Interactive;
}
