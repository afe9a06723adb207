using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Which nodes of a DAG come after which others: rows (job, after_job), written at submission and never changed, so that a resubmitted node
/// waits for the same others again. A node with a predecessor that is not DONE is *held*: WAITING, and not in the waiting table.
/// </summary>
public static class DependencyTable
{
    /// <summary>The job may be given out only when the other is done.</summary>
    public static void Insert(Session session, long job, long after) =>
        session.Execute("INSERT INTO dependency (job, after_job) VALUES ($1, $2) ON CONFLICT DO NOTHING", job, after);

    /// <summary>All the jobs that must be done before this one, by number; empty for a job that is no node.</summary>
    public static List<long> Predecessors(Session session, long job) =>
        session.Query("SELECT after_job FROM dependency WHERE job = $1 ORDER BY after_job", reader => reader.GetInt64(0), job);

    /// <summary>
    /// Those of the predecessors that are not done as their rows are stored, by number; empty when nothing holds the job. Changes that a
    /// <see cref="Events.JobBook"/> has not saved yet are not seen.
    /// </summary>
    public static List<long> WaitingFor(Session session, long job) => session.Query(
        $"{NotDone("job")} UNION ALL {NotDone("archived_job")} ORDER BY after_job", row => row.GetInt64(0), job, (int)JobState.Done, (int)JobState.DoneWarn);

    /// <summary>True for a node that comes after others.</summary>
    public static bool IsBehindOthers(Session session, long job) =>
        session.Number("SELECT 1 FROM dependency WHERE job = $1 LIMIT 1", job) is not null;

    /// <summary>
    /// True while some predecessor is not done, as <see cref="WaitingFor"/>. Looks from the last one on: jobs mostly end in their order, so that one is
    /// the last to be done, and a node behind thousands of others costs one look for each of them.
    /// </summary>
    public static bool IsHeld(Session session, long job) => IsHeldBy(session, job, "job") || IsHeldBy(session, job, "archived_job");

    /// <summary>The jobs that come directly after this one, by number.</summary>
    public static List<long> Dependants(Session session, long job) =>
        session.Query("SELECT job FROM dependency WHERE after_job = $1 ORDER BY job", reader => reader.GetInt64(0), job);

    private static bool IsHeldBy(Session session, long job, string table) => session.Number(
        NotDone(table) + " ORDER BY after_job DESC LIMIT 1", job, (int)JobState.Done, (int)JobState.DoneWarn) is not null;

    private static string NotDone(string table) =>
        $"SELECT after_job FROM dependency JOIN {table} ON {table}.job = dependency.after_job WHERE dependency.job = $1 AND {table}.state NOT IN ($2, $3)";
}
