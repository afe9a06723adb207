using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core;

namespace HpcGrid.Central.Broker;

/// <summary>Where owners stand with their quotas, as the transaction sees it.</summary>
public static class OwnerDesk
{
    public static OwnerStanding Of(Session session, string owner, DateTimeOffset now) =>
        new(QuotaTable.Of(session, owner), OwnerLoadTable.Of(session, owner), OwnerUsageTable.LastDay(session, owner, now));

    /// <summary>Why the owner's waiting jobs are held; null when they are not.</summary>
    public static string? WhyHeld(Session session, string owner, DateTimeOffset now) =>
        QuotaTable.Of(session, owner) is { MaxCpuCost: null, MaxRunningSeconds: null } ? null : QuotaRules.WhyHeld(Of(session, owner, now));

    /// <summary>Throws GridError(TooLarge) with the numbers when the owner may not have so many more jobs.</summary>
    public static void MustHaveRoom(Session session, string owner, int jobs, DateTimeOffset now)
    {
        if (QuotaRules.WhyRefused(Of(session, owner, now), jobs) is { } why)
            throw new GridError(ErrorCode.TooLarge, $"over the quota of {owner}: {why}",
                "Wait until jobs have ended, or ask an admin for more (hpcgrid quota).");
    }
}
