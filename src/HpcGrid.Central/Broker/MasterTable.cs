using HpcGrid.Central.Database;

namespace HpcGrid.Central.Broker;

/// <summary>What was decided about masters beyond the states of their subjobs.</summary>
public static class MasterTable
{
    /// <summary>Why no subjob of it is started any more; null when they are.</summary>
    public static string? Stopped(Session session, long master) =>
        session.First("SELECT reason FROM stopped_master WHERE master = $1", reader => reader.GetString(0), master);

    /// <summary>False when it was stopped before.</summary>
    public static bool Stop(Session session, long master, string reason) =>
        session.Execute("INSERT INTO stopped_master (master, reason) VALUES ($1, $2) ON CONFLICT DO NOTHING", master, reason) > 0;

    /// <summary>Its owner begins anew: it is stopped no more, and new attempts count from 0.</summary>
    public static void Forget(Session session, long master)
    {
        session.Execute("DELETE FROM stopped_master WHERE master = $1", master);
        session.Execute("DELETE FROM resubmitted WHERE master = $1", master);
    }

    /// <summary>New attempts that its subjobs got after failures.</summary>
    public static long Resubmitted(Session session, long master) =>
        session.Number("SELECT number FROM resubmitted WHERE master = $1", master) ?? 0;

    public static void AddResubmitted(Session session, long master) =>
        session.Execute("INSERT INTO resubmitted (master, number) VALUES ($1, 1) ON CONFLICT (master) DO UPDATE SET number = resubmitted.number + 1", master);
}
