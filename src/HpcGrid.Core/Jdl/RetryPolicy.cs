using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>What becomes of a job, and of its master, when attempts fail: what the description says of it.</summary>
public sealed record RetryPolicy
{
    /// <summary>A description that says nothing.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>ShallowRetryCount: new attempts after failures before the payload was started; -1 for none, null for the default.</summary>
    public int? Shallow { get; init; }

    /// <summary>RetryCount: new attempts after failures once the payload had been started; null for the default.</summary>
    public int? Deep { get; init; }

    /// <summary>MaxResubmissionCount: new attempts of both kinds together; null when nothing is said.</summary>
    public int? Together { get; init; }

    /// <summary>Ends that are tried again (ResubmitType); null for the failures of the grid, and none of the user's own.</summary>
    public IReadOnlyList<JobState>? States { get; init; }

    /// <summary>MaxFailed, MaxFailFraction: with more failed subjobs than this the rest is not started any more.</summary>
    public Portion? MostFailed { get; init; }

    /// <summary>MaxInitFailed: with more failed subjobs than this before the first success the rest is not started any more.</summary>
    public int? MostFailedAtFirst { get; init; }

    /// <summary>MasterResubmitThreshold, MaxResubmitFraction: new attempts that all subjobs of a master get together.</summary>
    public Portion? MostResubmitted { get; init; }
}

/// <summary>A number of subjobs, said as such or as a part of all.</summary>
/// <param name="Number">How many; null when a part is said.</param>
/// <param name="Part">The part, 0 to 1; null when a number is said.</param>
/// <param name="Text">As it is shown: "MaxFailed = 10".</param>
public sealed record Portion(int? Number, double? Part, string Text)
{
    /// <summary>How many of this many that is; parts are rounded down.</summary>
    public int Of(int all) => Number ?? (int)Math.Floor((Part!.Value * all) + 1e-9);
}
