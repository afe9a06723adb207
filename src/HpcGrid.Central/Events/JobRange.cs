using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>Which rows of jobs to look at: a range of numbers, so that a search is bounded by construction, and what an index or column decides.</summary>
/// <param name="Owner">Only this owner's; null for everybody's.</param>
/// <param name="From">The smallest number.</param>
/// <param name="Before">One more than the greatest.</param>
public readonly record struct JobRange(string? Owner, long From, long Before)
{
    /// <summary>Bit (state + 32) is set for each state wanted; all bits for all states.</summary>
    public long States { get; init; } = -1;
    /// <summary>Unix milliseconds.</summary>
    public long SubmittedFrom { get; init; }

    public static long Bits(IEnumerable<JobState> states) => states.Aggregate(0L, (bits, state) => bits | 1L << (int)state + 32);
}
