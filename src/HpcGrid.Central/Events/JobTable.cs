using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Events;

/// <summary>Rows of jobs: those that may change, and those that ended long ago (<see cref="ArchiveTable"/>). Reading finds both; only the first are changed.</summary>
public static class JobTable
{
    private const string Columns = "job, master, part, description, owner, subjobs, counter, submitted_at, known";

    /// <summary>The conditions of a <see cref="JobRange"/>, its states as bits; the same in both dialects.</summary>
    private const string InRange = "AND job >= $1 AND job < $2 AND ((($3 >> CAST(state + 32 AS INTEGER)) & 1) = 1) AND submitted_at >= $4";

    private const string Hot = $"SELECT {Columns}, 0 FROM job", Archived = $"SELECT {Columns}, 1 FROM archived_job";
    private static readonly string NewestOfOwner = Both($"WHERE master IS NULL AND owner = $5 {InRange}", "ORDER BY job DESC LIMIT $6");
    private static readonly string NewestOfEverybody = Both($"WHERE master IS NULL {InRange}", "ORDER BY job DESC LIMIT $5");
    private static readonly string AllOfOwner = Both($"WHERE owner = $5 {InRange}", "ORDER BY job DESC LIMIT $6");
    private static readonly string AllOfEverybody = Both($"WHERE 1 = 1 {InRange}", "ORDER BY job DESC LIMIT $5");
    private static readonly string Children = Both("WHERE job >= $1 AND job <= $2", "ORDER BY job LIMIT $3");
    private static readonly string Failed = Both($"WHERE master = $5 AND state < 0 AND master IS NOT NULL {InRange}", "ORDER BY job DESC LIMIT $6");

    /// <summary>What every job that runs itself is before anything has happened to it, its number aside: most of a large production.</summary>
    private static readonly Job Submitted = JobMachine.Replay(0, JobRow.Beginning(0, 0, default));

    public static JobRow? Find(Session session, long job) =>
        FindHot(session, job) ?? session.First($"{Archived} WHERE job = $1", Read, job);

    /// <summary>Only if it is not in the archive.</summary>
    public static JobRow? FindHot(Session session, long job) => session.First($"{Hot} WHERE job = $1", Read, job);

    public static List<JobRow> Find(Session session, IReadOnlyCollection<long> jobs)
    {
        var found = session.QueryMany($"{Hot} WHERE job IN ({{ids}})", jobs, Read).DistinctBy(row => row.Job).ToList();
        if (found.Count == jobs.Count) return found;
        var missing = jobs.Except(found.Select(row => row.Job)).ToList();
        if (missing.Count > 0) found.AddRange(session.QueryMany($"{Archived} WHERE job IN ({{ids}})", missing, Read).DistinctBy(row => row.Job));
        return found;
    }

    /// <summary>A master with its parts, or one job, in one go; nothing of them but the submission is known.</summary>
    /// <param name="descriptionOf">The description of each part; null when all have their master's.</param>
    public static void InsertNew(Session session, JobRow top, Func<int, long>? descriptionOf = null)
    {
        Insert(session, top.Job, null, null, top);
        for (var part = 0; part < top.Subjobs; part++)
            Insert(session, top.Job + 1 + part, top.Job, part, descriptionOf is null ? top : top with { Description = descriptionOf(part) });
    }

    /// <summary>The job runs another description from now on.</summary>
    public static void Describe(Session session, long job, long description) =>
        session.Execute("UPDATE job SET description = $2 WHERE job = $1", job, description);

    public static void Update(Session session, JobRow row) =>
        session.Execute("UPDATE job SET state = $2, counter = $3, known = $4 WHERE job = $1", row.Job, (int)row.State, row.Counter, JobCodec.Encode(row.Known));

    /// <summary>Masters and jobs of their own with numbers in [from, before), newest first.</summary>
    public static List<JobRow> Newest(Session session, JobRange range, int limit) => range.Owner is { } owner
        ? session.Query(NewestOfOwner, Read, range.From, range.Before, range.States, range.SubmittedFrom, owner, limit)
        : session.Query(NewestOfEverybody, Read, range.From, range.Before, range.States, range.SubmittedFrom, limit);

    /// <summary>Jobs of all kinds with numbers in [from, before), newest first.</summary>
    public static List<JobRow> NewestOfAll(Session session, JobRange range, int limit) => range.Owner is { } owner
        ? session.Query(AllOfOwner, Read, range.From, range.Before, range.States, range.SubmittedFrom, owner, limit)
        : session.Query(AllOfEverybody, Read, range.From, range.Before, range.States, range.SubmittedFrom, limit);

    /// <summary>The number of the last of so many masters and jobs of their own before a number; null when there are fewer.</summary>
    public static long? Boundary(Session session, string? owner, long before, int rows) => owner is null
        ? session.Number("SELECT job FROM job WHERE master IS NULL AND job < $1 UNION ALL SELECT job FROM archived_job WHERE master IS NULL AND job < $1 " +
            "ORDER BY job DESC LIMIT 1 OFFSET $2", before, rows - 1)
        : session.Number("SELECT job FROM job WHERE master IS NULL AND owner = $1 AND job < $2 " +
            "UNION ALL SELECT job FROM archived_job WHERE master IS NULL AND owner = $1 AND job < $2 ORDER BY job DESC LIMIT 1 OFFSET $3",
            owner, before, rows - 1);

    /// <summary>The largest number of any job; 0 when there is none.</summary>
    public static long Last(Session session) =>
        Math.Max(session.Number("SELECT MAX(job) FROM job") ?? 0, session.Number("SELECT MAX(job) FROM archived_job") ?? 0);

    /// <summary>Subjobs of a master from a number on, oldest first.</summary>
    public static List<JobRow> ChildrenFrom(Session session, JobRow master, long from, int limit) =>
        session.Query(Children, Read, Math.Max(from, master.Job + 1), master.Job + master.Subjobs, limit);

    /// <summary>Jobs with numbers in a range that are not in the archive, oldest first.</summary>
    public static List<JobRow> HotFrom(Session session, long from, long last, int limit) =>
        session.Query($"{Hot} WHERE job >= $1 AND job <= $2 ORDER BY job LIMIT $3", Read, from, last, limit);

    /// <summary>Subjobs with a negative state (all failures but FAULTY and INCORRECT, and ZOMBIE), newest first; an index holds only those.</summary>
    public static List<JobRow> FailedChildren(Session session, long master, long before, int limit) =>
        FailedChildren(session, master, new JobRange(null, 0, before), limit);

    /// <summary>Likewise, of a range.</summary>
    public static List<JobRow> FailedChildren(Session session, long master, JobRange range, int limit) =>
        session.Query(Failed, Read, range.From, range.Before, range.States, range.SubmittedFrom, master, limit);

    private static string Both(string where, string order) => $"{Hot} {where} UNION ALL {Archived} {where} {order}";

    private static void Insert(Session session, long job, long? master, int? part, JobRow top)
    {
        var subjobs = master is null ? top.Subjobs : 0;
        session.Execute(
            "INSERT INTO job (job, master, part, description, owner, subjobs, state, counter, submitted_at, known) " +
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)",
            job, master, part, top.Description, top.Owner, subjobs, (int)(subjobs > 0 ? JobState.Split : JobState.Waiting), JobRow.FirstCounter(subjobs),
            top.SubmittedAt.ToUnixTimeMilliseconds());
    }

    private static JobRow Read(Row row)
    {
        var job = row.GetInt64(0);
        var subjobs = (int)row.GetInt64(5);
        var submittedAt = row.Time(7);
        return new JobRow
        {
            Job = job,
            Master = row.LongOrNull(1),
            Part = (int?)row.LongOrNull(2),
            Description = row.GetInt64(3),
            Owner = row.GetString(4),
            Subjobs = subjobs,
            Counter = row.GetInt64(6),
            SubmittedAt = submittedAt,
            Known = row.BytesOrNull(8) is { } known ? JobCodec.Decode(job, known)
                : subjobs == 0 ? Submitted with { Id = job }
                : JobMachine.Replay(job, JobRow.Beginning(job, subjobs, submittedAt)),
            IsArchived = row.Flag(9),
        };
    }
}
