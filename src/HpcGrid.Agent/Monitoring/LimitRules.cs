using System.Globalization;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Agent.Monitoring;

/// <summary>How much of a limit is used.</summary>
/// <param name="Cause">Which limit.</param>
/// <param name="Share">1 is all of it.</param>
/// <param name="Words">"1203 MiB of memory where 1000 MiB are allowed (MemorySize)".</param>
internal readonly record struct LimitUse(PayloadCause Cause, double Share, string Words);

/// <summary>What a measurement means for a job's limits. Pure.</summary>
internal static class LimitRules
{
    /// <summary>All limits that a job has, the most used first.</summary>
    /// <param name="sample">What it uses.</param>
    /// <param name="need">What it asked for.</param>
    /// <param name="limits">What else it may do.</param>
    /// <param name="idle">How long it has used no CPU.</param>
    public static IReadOnlyList<LimitUse> Judge(JobSample sample, Resources need, JobLimits limits, TimeSpan idle)
    {
        var memory = sample.PssKib > 0 ? sample.PssKib + sample.SwapKib : sample.RssKib;
        List<LimitUse> uses =
        [
            Size(PayloadCause.MemoryLimit, memory, need.MemoryMib, "memory", "MemorySize"),
            Size(PayloadCause.DiskLimit, sample.DiskKib, need.DiskMib, "disk", "WorkDirectorySize"),
            Size(PayloadCause.OutputLimit, sample.OutputKib, limits.OutputMib, "standard output and error", "MaxOutputSize"),
            new(PayloadCause.ProcessLimit, (double)sample.Processes / limits.Processes,
                $"{sample.Processes} processes where {limits.Processes} are allowed (MaxProcesses)"),
        ];
        if (limits.IdleSeconds > 0)
            uses.Add(new LimitUse(PayloadCause.IdleLimit, idle.TotalSeconds / limits.IdleSeconds, string.Create(CultureInfo.InvariantCulture,
                $"no CPU for {idle.TotalSeconds:0} s where {limits.IdleSeconds} s are allowed (MaxIdleTime)")));
        return [.. uses.OrderByDescending(use => use.Share)];
    }

    /// <summary>
    /// When to measure again: not sooner than the last look cost allows; but soon enough that a use which grows as it did lately does not pass its
    /// limit by much.
    /// </summary>
    /// <param name="share">Of the limit that grows fastest.</param>
    /// <param name="perSecond">How much of the limit it took per second lately.</param>
    /// <param name="cost">Of the last look.</param>
    public static TimeSpan NextLook(double share, double perSecond, TimeSpan cost)
    {
        var usual = Limits.SampleInterval > cost * Limits.CostFactor ? Limits.SampleInterval : cost * Limits.CostFactor;
        if (perSecond <= 0 || share >= 1) return usual;
        var least = Limits.ShortestSample > cost * Limits.HurriedCostFactor ? Limits.ShortestSample : cost * Limits.HurriedCostFactor;
        var half = TimeSpan.FromSeconds(Math.Min((1 - share) / perSecond / 2, usual.TotalSeconds));
        return half > least ? half : least < usual ? least : usual;
    }

    /// <summary>True when the CPU used since the last sign of work is more than a process that only waits uses.</summary>
    public static bool IsBusy(double cpuSeconds, TimeSpan elapsed) => cpuSeconds > Math.Max(Limits.IdleCpuSeconds, elapsed.TotalSeconds * Limits.IdleCpuShare);

    private static LimitUse Size(PayloadCause cause, long usedKib, long allowedMib, string what, string key) =>
        new(cause, usedKib / 1024.0 / allowedMib, $"{usedKib / 1024} MiB of {what} where {allowedMib} MiB are allowed ({key})");
}
