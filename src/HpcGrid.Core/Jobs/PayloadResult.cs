namespace HpcGrid.Core.Jobs;

/// <summary>How a payload ended and what it used, from wait4 on the node.</summary>
public sealed record PayloadResult
{
    /// <summary>The exit code, 0 to 255; null when a signal ended it.</summary>
    public int? ExitCode { get; init; }
    /// <summary>The signal that ended it; null when it exited.</summary>
    public int? Signal { get; init; }
    /// <summary>Why it ended when it did.</summary>
    public PayloadCause Cause { get; init; }
    /// <summary>Exit code of the validation command; null when none ran.</summary>
    public int? ValidationExitCode { get; init; }
    /// <summary>The node's wall clock when the payload started, UTC.</summary>
    public DateTimeOffset StartedAt { get; init; }
    /// <summary>Elapsed seconds, from a monotonic clock.</summary>
    public double WallSeconds { get; init; }
    /// <summary>User plus system CPU seconds of the payload and all descendants it waited for.</summary>
    public double CpuSeconds { get; init; }
    /// <summary>
    /// Largest resident size of any one process as the kernel reckons it, or of all together as it was sampled, whichever is larger, KiB; 0 when it
    /// was too small, and the payload too short, to be told from the agent's own.
    /// </summary>
    public long MaxRssKib { get; init; }
    /// <summary>Where it ran.</summary>
    public string Node { get; init; } = "";
    /// <summary>How much it wrote to its standard output, of which only the end may be kept; null when nobody looked.</summary>
    public long? StdoutBytes { get; init; }
    /// <summary>Likewise to its standard error output.</summary>
    public long? StderrBytes { get; init; }

    /// <summary>"exit 3" or "signal 9 (killed by the kernel: out of memory)".</summary>
    public string Describe()
    {
        var end = Signal is { } signal ? $"signal {signal}" : $"exit {ExitCode}";
        return Cause switch
        {
            PayloadCause.Exited or PayloadCause.Signalled => end,
            PayloadCause.OutOfMemory => end + " (killed by the kernel: out of memory)",
            PayloadCause.TimeLimit => end + " (TTL passed)",
            PayloadCause.MemoryLimit => end + " (memory limit passed)",
            PayloadCause.DiskLimit => end + " (disk limit passed)",
            PayloadCause.OutputLimit => end + " (output limit passed)",
            PayloadCause.ProcessLimit => end + " (process limit passed)",
            PayloadCause.IdleLimit => end + " (idle for too long)",
            PayloadCause.Walltime => end + " (its batch job ended)",
            PayloadCause.Killed => end + " (killed on request)",
            _ => throw new InvalidOperationException($"{Cause} is not a cause PayloadResult knows"),
        };
    }
}
