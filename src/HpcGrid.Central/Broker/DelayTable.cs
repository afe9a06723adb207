using HpcGrid.Central.Database;

namespace HpcGrid.Central.Broker;

/// <summary>Jobs that are WAITING and are to be given out only from some time on: later tries after failures.</summary>
public static class DelayTable
{
    public static void Insert(Session session, long job, DateTimeOffset until) =>
        session.Execute("INSERT INTO delay (job, until) VALUES ($1, $2) ON CONFLICT (job) DO UPDATE SET until = $2", job, until.ToUnixTimeMilliseconds());

    /// <summary>When it may be given out; null when nothing delays it.</summary>
    public static DateTimeOffset? Until(Session session, long job) =>
        session.Number("SELECT until FROM delay WHERE job = $1", job) is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null;

    /// <summary>Jobs whose time has come, the longest overdue first.</summary>
    public static List<long> Due(Session session, DateTimeOffset now, int most) =>
        session.Query("SELECT job FROM delay WHERE until <= $1 ORDER BY until LIMIT $2", reader => reader.GetInt64(0), now.ToUnixTimeMilliseconds(), most);

    /// <summary>False when it was not delayed.</summary>
    public static bool Delete(Session session, long job) => session.Execute("DELETE FROM delay WHERE job = $1", job) > 0;
}
