using HpcGrid.Central.Database;

namespace HpcGrid.Central.TaskQueue;

/// <summary>A master whose subjobs are being killed, up to but not including Next.</summary>
public sealed record KillOrder(long Master, string By, long Next);

/// <summary>Rows of kill orders; one goes when its last subjob is done.</summary>
public static class KillOrderTable
{
    public static void Save(Session session, KillOrder order) =>
        session.Execute("INSERT INTO kill_order (master, by_user, next) VALUES ($1, $2, $3) ON CONFLICT (master) DO UPDATE SET by_user = $2, next = $3",
            order.Master, order.By, order.Next);

    public static List<KillOrder> All(Session session) =>
        session.Query("SELECT master, by_user, next FROM kill_order ORDER BY master",
            reader => new KillOrder(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2)));

    public static KillOrder? Find(Session session, long master) =>
        session.First("SELECT master, by_user, next FROM kill_order WHERE master = $1",
            reader => new KillOrder(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2)), master);

    public static void Delete(Session session, long master) => session.Execute("DELETE FROM kill_order WHERE master = $1", master);
}
