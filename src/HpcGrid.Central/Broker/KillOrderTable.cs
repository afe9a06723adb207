using HpcGrid.Central.Database;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Broker;

/// <summary>A master whose subjobs are being killed.</summary>
/// <param name="Master">The master.</param>
/// <param name="By">Who wants it.</param>
/// <param name="Next">The first subjob that was not looked at yet.</param>
/// <param name="Reason">As it stands in the jobs' ends.</param>
/// <param name="OnlyWaiting">Those that somebody has already may go on.</param>
public sealed record KillOrder(long Master, string By, long Next, string Reason, bool OnlyWaiting);

/// <summary>Rows of kill orders; one goes when its last subjob is done.</summary>
public static class KillOrderTable
{
    private const string Columns = "master, by_user, next, reason, only_waiting";

    public static void Save(Session session, KillOrder order) =>
        session.Execute(
            $"INSERT INTO kill_order ({Columns}) VALUES ($1, $2, $3, $4, $5) " +
            "ON CONFLICT (master) DO UPDATE SET by_user = $2, next = $3, reason = $4, only_waiting = $5",
            order.Master, order.By, order.Next, order.Reason, order.OnlyWaiting ? 1 : 0);

    public static List<KillOrder> All(Session session) => session.Query($"SELECT {Columns} FROM kill_order ORDER BY master", Read);

    public static KillOrder? Find(Session session, long master) => session.First($"SELECT {Columns} FROM kill_order WHERE master = $1", Read, master);

    public static void Delete(Session session, long master) => session.Execute("DELETE FROM kill_order WHERE master = $1", master);

    private static KillOrder Read(Row reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.TextOrNull(3) ?? $"killed with its master by {reader.GetString(1)}",
        reader.Flag(4));
}
