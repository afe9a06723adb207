using HpcGrid.Spool;

namespace HpcGrid.Bridge.Nodes;

/// <summary>How often agents get their leases. Pure.</summary>
internal static class LeaseRules
{
    /// <summary>A lease may be lost or seen late this many times before an agent stops starting jobs.</summary>
    private const int LeasesInReserve = 3;

    /// <summary>
    /// The timing's interval; longer when leases alone, one operation each, would take half of the bridge's operations; never so long that an agent that
    /// misses two in a row would stop.
    /// </summary>
    public static TimeSpan Interval(SpoolTiming timing, int agents, double operationsPerSecond)
    {
        var affordable = TimeSpan.FromSeconds(2 * agents / operationsPerSecond);
        var longest = timing.LeaseStart / LeasesInReserve;
        var wanted = affordable > timing.LeaseInterval ? affordable : timing.LeaseInterval;
        return wanted < longest ? wanted : longest;
    }
}
