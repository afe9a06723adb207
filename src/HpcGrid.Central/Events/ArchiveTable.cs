using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Events;

/// <summary>
/// Jobs that ended long ago, apart from those that change, so that what is looked at all the time stays as small as the work that is going on. Moving
/// there and back happens within one transaction; nothing is lost on the way, and nobody sees a job twice or not at all.
/// </summary>
public static class ArchiveTable
{
    private const string Columns = "job, master, part, description, owner, subjobs, state, counter, submitted_at, known";

    /// <summary>Moves all jobs of a range of numbers that are not there yet.</summary>
    public static void MoveIn(Session session, long first, long last)
    {
        var events = session.Query("SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job >= $1 AND job <= $2 " +
            "ORDER BY job, attempt, branch, source, counter", row => (Job: row.GetInt64(0), Entry: ReadEvent(row)), first, last).ToLookup(pair => pair.Job);
        var samples = session.Query("SELECT job, attempt, at, what FROM sample WHERE job >= $1 AND job <= $2 ORDER BY job, attempt, at",
            row => (Job: row.GetInt64(0), Entry: ReadSample(row)), first, last).ToLookup(pair => pair.Job);
        foreach (var job in session.Query("SELECT job FROM job WHERE job >= $1 AND job <= $2", row => row.GetInt64(0), first, last))
            session.Execute("INSERT INTO archived_history (job, events, samples) VALUES ($1, $2, $3)", job,
                HistoryCodec.Encode([.. events[job].Select(pair => pair.Entry)]),
                samples.Contains(job) ? HistoryCodec.Encode([.. samples[job].Select(pair => pair.Entry)]) : null);
        session.Execute($"INSERT INTO archived_job ({Columns}) SELECT {Columns} FROM job WHERE job >= $1 AND job <= $2", first, last);
        foreach (var table in new[] { "job", "event", "sample" }) session.Execute($"DELETE FROM {table} WHERE job >= $1 AND job <= $2", first, last);
    }

    /// <summary>Takes a job back among those that change.</summary>
    public static void MoveOut(Session session, long job)
    {
        foreach (var (key, at, what) in Entries(session, "events", job))
            session.Execute("INSERT INTO event (job, attempt, branch, source, counter, at, what) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                job, key.Attempt, key.Branch, (int)key.Source, key.Counter, at, what);
        foreach (var (key, at, what) in Entries(session, "samples", job))
            session.Execute("INSERT INTO sample (job, attempt, at, what) VALUES ($1, $2, $3, $4)", job, key.Attempt, at, what);
        session.Execute($"INSERT INTO job ({Columns}) SELECT {Columns} FROM archived_job WHERE job = $1", job);
        foreach (var table in new[] { "archived_job", "archived_history" }) session.Execute($"DELETE FROM {table} WHERE job = $1", job);
    }

    /// <summary>What was told of the job, in causal order; nothing for one that is not archived.</summary>
    public static IEnumerable<HistoryEntry> Events(Session session, long job) => Entries(session, "events", job);

    /// <summary>What it used over time, the oldest first.</summary>
    public static IEnumerable<HistoryEntry> Samples(Session session, long job) => Entries(session, "samples", job);

    private static IReadOnlyList<HistoryEntry> Entries(Session session, string column, long job) =>
        session.First($"SELECT {column} FROM archived_history WHERE job = $1 AND {column} IS NOT NULL", row => row.GetBytes(0), job) is { } bytes
            ? HistoryCodec.Decode(job, bytes)
            : [];

    private static HistoryEntry ReadEvent(Row row) => new(
        new EventKey((int)row.GetInt64(1), (int)row.GetInt64(2), (EventSource)row.GetInt64(3), row.GetInt64(4)), row.GetInt64(5), row.GetBytes(6));

    private static HistoryEntry ReadSample(Row row) => new(new EventKey((int)row.GetInt64(1), 0, EventSource.Agent, 0), row.GetInt64(2), row.GetBytes(3));
}
