using HpcGrid.Central.Database;

namespace HpcGrid.Central.Broker;

/// <summary>A job that merges outputs of a master's subjobs.</summary>
/// <param name="Round">The attempt of the master in which it was ordered.</param>
public sealed record MergeJob(long Job, long Master, int Round);

/// <summary>Masters whose merging is to be begun, and the jobs that do it.</summary>
public static class MergeTable
{
    public static void Order(Session session, long master, int round) =>
        session.Execute("INSERT INTO merge_order (master, attempt) VALUES ($1, $2) ON CONFLICT (master) DO UPDATE SET attempt = $2", master, round);

    /// <summary>Masters whose merging is ordered and not begun, with the round.</summary>
    public static List<(long Master, int Round)> Orders(Session session) =>
        session.Query("SELECT master, attempt FROM merge_order ORDER BY master", reader => (reader.GetInt64(0), (int)reader.GetInt64(1)));

    /// <summary>False when it is ordered no more.</summary>
    public static bool Delete(Session session, long master, int round) =>
        session.Execute("DELETE FROM merge_order WHERE master = $1 AND attempt = $2", master, round) > 0;

    public static void InsertJob(Session session, MergeJob job) =>
        session.Execute("INSERT INTO merge_job (job, master, attempt) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", job.Job, job.Master, job.Round);

    /// <summary>What the job merges; null for an ordinary job.</summary>
    public static MergeJob? Find(Session session, long job) =>
        session.First("SELECT job, master, attempt FROM merge_job WHERE job = $1",
            reader => new MergeJob(reader.GetInt64(0), reader.GetInt64(1), (int)reader.GetInt64(2)), job);

    /// <summary>Of all rounds, the oldest first.</summary>
    public static List<MergeJob> Of(Session session, long master) =>
        session.Query("SELECT job, master, attempt FROM merge_job WHERE master = $1 ORDER BY attempt, job",
            reader => new MergeJob(reader.GetInt64(0), reader.GetInt64(1), (int)reader.GetInt64(2)), master);
}
