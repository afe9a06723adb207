namespace HpcGrid.Spool;

/// <summary>How many jobs go into the next queue file: guided self-scheduling, many early, few late (PROTOCOL 5).</summary>
public static class QueueSizing
{
    private const double WalltimeShare = 0.25;
    private const double LatencyShare = 20;

    /// <summary>
    /// ceil(R/2P); more when that is less work than 20 claim latencies (but never more than an even share), less when it is more than a quarter of the
    /// walltime left; 1 to <see cref="Limits.JobsPerQueue"/>, and never more than there are.
    /// </summary>
    /// <param name="jobs">R: jobs that wait; at least 1.</param>
    /// <param name="agents">P: agents that could claim.</param>
    /// <param name="slotsPerAgent">Jobs that one agent runs at a time.</param>
    /// <param name="secondsPerJob">Estimated duration of one job; null when nothing is known.</param>
    /// <param name="walltimeLeft">Of the agents that could claim.</param>
    /// <param name="claimLatency">From an offer to its first start.</param>
    public static int Rows(long jobs, int agents, int slotsPerAgent, double? secondsPerJob, TimeSpan walltimeLeft, TimeSpan claimLatency)
    {
        var claimers = Math.Max(1, agents);
        var rows = CeilingOf(jobs / (2.0 * claimers));
        if (secondsPerJob is > 0 and { } seconds)
        {
            var perSecond = Math.Max(1, slotsPerAgent) / seconds;
            var worthwhile = CeilingOf(LatencyShare * claimLatency.TotalSeconds * perSecond);
            rows = Math.Max(rows, Math.Min(worthwhile, CeilingOf(jobs / (double)claimers)));
            rows = Math.Min(rows, (long)(WalltimeShare * walltimeLeft.TotalSeconds * perSecond));
        }
        return (int)Math.Min(jobs, Math.Clamp(rows, 1, Limits.JobsPerQueue));
    }

    /// <summary>
    /// Jobs that are 20 claim latencies of work for one agent, and no more than a quarter of the walltime left; 1 to <see cref="Limits.JobsPerQueue"/>.
    /// </summary>
    public static int Worthwhile(int slotsPerAgent, double secondsPerJob, TimeSpan walltimeLeft, TimeSpan claimLatency)
    {
        var seconds = Math.Min(LatencyShare * claimLatency.TotalSeconds, WalltimeShare * walltimeLeft.TotalSeconds);
        return (int)Math.Clamp(CeilingOf(seconds * Math.Max(1, slotsPerAgent) / secondsPerJob), 1, Limits.JobsPerQueue);
    }

    private static long CeilingOf(double value) => (long)Math.Ceiling(Math.Min(value, Limits.JobsPerQueue));
}
