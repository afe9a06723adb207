using System.Text.Json;
using HpcGrid.Central.Database;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Events;

/// <summary>
/// The append-only history. The primary key is the event's place, so a repeated event vanishes. What is asked of one event is asked of jobs that
/// change; whole histories are read of archived ones too.
/// </summary>
public static class EventTable
{
    /// <summary>False when it is there already.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="event">What happened.</param>
    /// <param name="what">Its <see cref="Text"/>.</param>
    public static bool Insert(Session session, JobEvent @event, byte[] what) =>
        session.Execute(
            "INSERT INTO event (job, attempt, branch, source, counter, at, what) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            @event.Job, @event.Key.Attempt, @event.Key.Branch, (int)@event.Key.Source, @event.Key.Counter, @event.At.ToUnixTimeMilliseconds(), what) > 0;

    /// <summary>As it is stored.</summary>
    public static byte[] Text(Happening what) => JsonSerializer.SerializeToUtf8Bytes(what, GridJson.Default.Happening);

    public static bool Exists(Session session, JobEvent @event) =>
        session.Number("SELECT 1 FROM event WHERE job = $1 AND attempt = $2 AND branch = $3 AND source = $4 AND counter = $5",
            @event.Job, @event.Key.Attempt, @event.Key.Branch, (int)@event.Key.Source, @event.Key.Counter) is not null;

    /// <summary>What is stored in the place of this event; null when nothing is.</summary>
    public static Happening? At(Session session, JobEvent @event) => session.First(
        "SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job = $1 AND attempt = $2 AND branch = $3 AND source = $4 AND counter = $5",
        Read, @event.Job, @event.Key.Attempt, @event.Key.Branch, (int)@event.Key.Source, @event.Key.Counter)?.What;

    /// <summary>The stored history in causal order, without the beginning that every job has.</summary>
    public static List<JobEvent> Of(Session session, long job)
    {
        var events = session.Query("SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job = $1 ORDER BY attempt, branch, source, counter",
            Read, job);
        return events.Count > 0 ? events
            : [.. ArchiveTable.Events(session, job).Select(entry => Read(job, entry.Key, DateTimeOffset.FromUnixTimeMilliseconds(entry.At), entry.What))];
    }

    /// <summary>What central itself told of one attempt.</summary>
    public static List<JobEvent> FromCentral(Session session, AttemptId id)
    {
        var events = session.Query(
            "SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job = $1 AND attempt = $2 AND source = 0 ORDER BY branch, counter",
            Read, id.Job, id.Attempt);
        return events.Count > 0 ? events
            : Of(session, id.Job).FindAll(@event => @event.Key.Attempt == id.Attempt && @event.Key.Source == EventSource.Central);
    }

    private static JobEvent Read(Row row) => Read(row.GetInt64(0),
        new EventKey((int)row.GetInt64(1), (int)row.GetInt64(2), (EventSource)row.GetInt64(3), row.GetInt64(4)), row.Time(5), row.GetBytes(6));

    private static JobEvent Read(long job, EventKey key, DateTimeOffset at, byte[] what) => new(job, key, at,
        JsonSerializer.Deserialize(what, GridJson.Default.Happening) ?? throw new InvalidOperationException($"an event of job {job} is empty"));
}
