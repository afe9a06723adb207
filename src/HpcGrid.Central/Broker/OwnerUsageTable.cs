using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>What an owner's jobs used.</summary>
/// <param name="CpuCost">CPU seconds times price.</param>
/// <param name="RunningSeconds">Elapsed seconds of payloads.</param>
public sealed record OwnerUsage(double CpuCost, double RunningSeconds);

/// <summary>What jobs that ended lately had used, by owner and hour of their end; only the last day's rows are kept.</summary>
public static class OwnerUsageTable
{
    private const long HourMilliseconds = 3_600_000;

    /// <summary>Nothing for an attempt without a payload.</summary>
    public static void Add(Session session, string owner, DateTimeOffset now, PayloadResult? payload, double price)
    {
        if (payload is not { } used || (used.CpuSeconds <= 0 && used.WallSeconds <= 0)) return;
        session.Execute(
            "INSERT INTO owner_usage (owner, hour, cpu_cost, running_seconds) VALUES ($1, $2, $3, $4) ON CONFLICT (owner, hour) DO UPDATE " +
            "SET cpu_cost = owner_usage.cpu_cost + $3, running_seconds = owner_usage.running_seconds + $4",
            owner, Hour(now), Math.Max(0, used.CpuSeconds) * price, Math.Max(0, used.WallSeconds));
    }

    /// <summary>Of the last 24 hours, counted in whole hours of ends.</summary>
    public static OwnerUsage LastDay(Session session, string owner, DateTimeOffset now) =>
        session.First("SELECT COALESCE(SUM(cpu_cost), 0), COALESCE(SUM(running_seconds), 0) FROM owner_usage WHERE owner = $1 AND hour > $2",
            reader => new OwnerUsage(reader.GetDouble(0), reader.GetDouble(1)), owner, Hour(now) - 24)!;

    /// <summary>The owner's waiting jobs are held at this moment.</summary>
    public static void SetHeld(Session session, string owner, DateTimeOffset now) =>
        session.Execute("INSERT INTO owner_held (owner, until) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET until = $2", owner,
            now.ToUnixTimeMilliseconds());

    /// <summary>Until when they were last held; null when they never were.</summary>
    public static DateTimeOffset? HeldUntil(Session session, string owner) =>
        session.Number("SELECT until FROM owner_held WHERE owner = $1", owner) is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null;

    public static void ForgetOld(Session session, DateTimeOffset now) => session.Execute("DELETE FROM owner_usage WHERE hour <= $1", Hour(now) - 24);

    private static long Hour(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / HourMilliseconds;
}
