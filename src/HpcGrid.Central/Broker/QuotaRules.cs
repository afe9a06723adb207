using System.Globalization;
using HpcGrid.Central.Events;

namespace HpcGrid.Central.Broker;

/// <summary>What an owner may have, has, and has used within the last 24 hours.</summary>
public sealed record OwnerStanding(Quota Quota, OwnerLoad Load, OwnerUsage Usage);

/// <summary>Priorities and quotas of owners (jalien.md 4.5). Pure.</summary>
public static class QuotaRules
{
    /// <summary>100 x (1 - active / nominal) x priority, never below 0.</summary>
    public static double ComputedPriority(Quota quota, long active) =>
        Math.Max(0, 100 * (1 - ((double)active / Math.Max(1, quota.NominalParallel))) * quota.Priority);

    /// <summary>Why the owner's waiting jobs are held (OVER_WAITING); null when they are not.</summary>
    public static string? WhyHeld(OwnerStanding owner) =>
        owner.Quota.MaxCpuCost is { } cost && owner.Usage.CpuCost >= cost
            ? $"{Number(owner.Usage.CpuCost)} of {Number(cost)} CPU seconds x price of the last 24 hours are used"
        : owner.Quota.MaxRunningSeconds is { } seconds && owner.Usage.RunningSeconds >= seconds
            ? $"{Number(owner.Usage.RunningSeconds)} of {Number(seconds)} running seconds of the last 24 hours are used"
        : null;

    /// <summary>Why so many more jobs are refused; null when they are not.</summary>
    public static string? WhyRefused(OwnerStanding owner, int jobs) =>
        owner.Quota.MaxUnfinished is { } most && owner.Load.Unfinished + jobs > most
            ? $"{jobs} more jobs would make {owner.Load.Unfinished + jobs} unfinished ones, {most} are allowed"
            : WhyHeld(owner);

    /// <summary>How many more jobs may be given out now.</summary>
    public static long Room(OwnerStanding owner) =>
        WhyHeld(owner) is not null ? 0 : owner.Quota.MaxParallel is { } most ? Math.Max(0, most - owner.Load.Active) : long.MaxValue;

    private static string Number(double value) => Math.Round(value).ToString("0", CultureInfo.InvariantCulture);
}
