namespace HpcGrid.Core.Jobs;

/// <summary>
/// What a job may do on its node, besides its <see cref="Sites.Resources"/>. Passing one of either stops it: TERM, a grace period, KILL of all
/// its processes, and the end tells which limit it was.
/// </summary>
public sealed record JobLimits
{
    public static JobLimits Default { get; } = new();

    /// <summary>Standard output and standard error together, MiB: more is a loop that prints, not a log.</summary>
    public long OutputMib { get; init; } = 1024;

    /// <summary>Processes alive at the same time, threads not counted.</summary>
    public int Processes { get; init; } = 4096;

    /// <summary>Seconds in which all processes together use next to no CPU; 0 lets a job be idle for as long as it likes.</summary>
    public int IdleSeconds { get; init; }
}

/// <summary>What of a job's standard output and error is kept, beside what the description saves anyway.</summary>
public enum KeepOutput
{
    /// <summary>The last 16 KiB of each, for `hpcgrid logs`.</summary>
    Tail,
    /// <summary>All, as files stdout and stderr beside the job's outputs; of failed jobs in their error directory.</summary>
    Always,
    /// <summary>All of jobs that failed; the tail of the others.</summary>
    Failed,
    /// <summary>Nothing.</summary>
    Never,
}
