using HpcGrid.Central.Database;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Broker;

/// <summary>What an admin allows an owner. A bound that is null does not exist.</summary>
/// <param name="Priority">Weight against other owners, above 0.</param>
/// <param name="NominalParallel">With so many active jobs the computed priority is 0.</param>
/// <param name="MaxParallel">Active jobs at most.</param>
/// <param name="MaxUnfinished">Jobs that have not ended at most; more are refused at submission.</param>
/// <param name="MaxCpuCost">CPU seconds times price within 24 hours.</param>
/// <param name="MaxRunningSeconds">Elapsed seconds of payloads within 24 hours.</param>
public sealed record Quota(double Priority, int NominalParallel, int? MaxParallel, int? MaxUnfinished, long? MaxCpuCost, long? MaxRunningSeconds)
{
    /// <summary>Of an owner about whom nothing was said.</summary>
    public static Quota Default { get; } = new(1, Limits.NominalParallel, null, null, null, null);
}

/// <summary>Rows of quotas; an owner without one has the default.</summary>
public static class QuotaTable
{
    private const string Columns = "owner, priority, nominal_parallel, max_parallel, max_unfinished, max_cpu_cost, max_running_seconds";

    public static Quota Of(Session session, string owner) =>
        session.First($"SELECT {Columns} FROM quota WHERE owner = $1", Read, owner) ?? Quota.Default;

    public static void Save(Session session, string owner, Quota quota) =>
        session.Execute(
            $"INSERT INTO quota ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (owner) DO UPDATE SET priority = $2, nominal_parallel = $3, " +
            "max_parallel = $4, max_unfinished = $5, max_cpu_cost = $6, max_running_seconds = $7",
            owner, quota.Priority, quota.NominalParallel, quota.MaxParallel, quota.MaxUnfinished, quota.MaxCpuCost, quota.MaxRunningSeconds);

    private static Quota Read(Row reader) => new(
        reader.GetDouble(1), (int)reader.GetInt64(2), (int?)reader.LongOrNull(3), (int?)reader.LongOrNull(4), reader.LongOrNull(5), reader.LongOrNull(6));
}
