using HpcGrid.Core.Jdl;

namespace HpcGrid.Core.Jobs;

/// <summary>How often a job was tried again after failures.</summary>
/// <param name="Shallow">Before the payload of the failed attempt was started.</param>
/// <param name="Deep">After it was started.</param>
public readonly record struct Tries(int Shallow, int Deep)
{
    public int Together => Shallow + Deep;
}

/// <summary>An attempt that failed.</summary>
/// <param name="State">How.</param>
/// <param name="PayloadStarted">False: nothing of the user's program ran, so trying again cannot do anything twice.</param>
/// <param name="Tries">New attempts so far.</param>
/// <param name="Confirmed">True when its bridge said so: no process of it can be left.</param>
public sealed record FailedAttempt(JobState State, bool PayloadStarted, Tries Tries, bool Confirmed);

/// <summary>What is to be done about a failed attempt. The list is closed.</summary>
public abstract record RetryDecision
{
    private RetryDecision() { }

    /// <summary>Open the next attempt.</summary>
    /// <param name="Tries">The counts with it.</param>
    /// <param name="Count">"retry 2 of 3", for people.</param>
    public sealed record Again(Tries Tries, string Count) : RetryDecision;

    /// <summary>That was the end.</summary>
    /// <param name="Why">Which limit or rule forbids another try; null when a failure of this kind never gets one.</param>
    public sealed record GiveUp(string? Why) : RetryDecision;
}

/// <summary>
/// Which failures are worth another try, and how often (R-A20, R-A21, R-A24). What the grid failed is tried again; what the user's program
/// did itself (an exit other than 0, a validation, a missing output) only when the description asks for it.
/// </summary>
public static class RetryRules
{
    /// <summary>Whether the job gets another attempt. Another limit of its master is not asked here.</summary>
    /// <param name="failed">The attempt.</param>
    /// <param name="policy">What the description says.</param>
    /// <param name="repeatable">False: never start again what may have been started and may still run.</param>
    public static RetryDecision Decide(FailedAttempt failed, RetryPolicy policy, bool repeatable)
    {
        if (!IsWorthIt(failed, policy)) return new RetryDecision.GiveUp(null);
        if (!repeatable && !failed.Confirmed) return new RetryDecision.GiveUp("it is not repeatable, and the old attempt may still run");
        if (!repeatable && failed.PayloadStarted) return new RetryDecision.GiveUp("it is not repeatable, and its payload had been started");
        var (key, said, used) = failed.PayloadStarted
            ? ("RetryCount", policy.Deep, failed.Tries.Deep)
            : ("ShallowRetryCount", policy.Shallow, failed.Tries.Shallow);
        var limit = Effective(said ?? policy.Together, Limits.DefaultRetries, Limits.MostRetries);
        if (used >= limit)
            return new RetryDecision.GiveUp(limit == 0 ? $"{key} allows no new attempt" : $"the limit of {limit} new attempts ({key}) is reached");
        if (policy.Together is { } together && failed.Tries.Together >= together)
            return new RetryDecision.GiveUp($"the limit of {together} new attempts (MaxResubmissionCount) is reached");
        var tries = failed.PayloadStarted ? failed.Tries with { Deep = used + 1 } : failed.Tries with { Shallow = used + 1 };
        return new RetryDecision.Again(tries, $"retry {used + 1} of {limit}");
    }

    /// <summary>max(0, min(job, system)) (R-A21); a job that says nothing gets the default.</summary>
    public static int Effective(int? job, int otherwise, int system) => Math.Max(0, Math.Min(job ?? otherwise, system));

    /// <summary>
    /// How long the next attempt waits before it is given out: the first not at all, because most weather is over at once; later ones
    /// ever longer, so that a longer storm, or a bad node that takes every job, does not use all of them up within a second.
    /// </summary>
    public static TimeSpan PauseBefore(Tries tries)
    {
        if (tries.Together <= 1) return TimeSpan.Zero;
        var doubled = Limits.FirstRetryPause * Math.Pow(2, Math.Min(tries.Together - 2, 20));
        return doubled < Limits.LongestRetryPause ? doubled : Limits.LongestRetryPause;
    }

    /// <summary>True for ends that a description may ask to be tried again.</summary>
    public static bool MayBeAskedFor(JobState state) =>
        state.IsFailure() && state is not (JobState.Killed or JobState.ErrorI or JobState.ErrorW or JobState.ErrorSplit);

    private static bool IsWorthIt(FailedAttempt failed, RetryPolicy policy) =>
        policy.States?.Contains(failed.State) == true
        || IsTheGrids(failed.State)
        || failed is { State: JobState.ErrorE or JobState.ErrorEW, PayloadStarted: false };

    /// <summary>True for failures that are none of the user's program.</summary>
    private static bool IsTheGrids(JobState state) => state
        is JobState.ErrorA or JobState.ErrorIB or JobState.ErrorS or JobState.ErrorRE or JobState.Expired;
}
