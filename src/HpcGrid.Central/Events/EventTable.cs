using System.Data.Common;
using System.Text.Json;
using HpcGrid.Central.Database;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>The append-only history. The primary key is the event's place, so a repeated event vanishes.</summary>
public static class EventTable
{
    /// <summary>False when it is there already.</summary>
    public static bool Insert(Session session, JobEvent @event) =>
        session.Execute(
            "INSERT INTO event (job, attempt, branch, source, counter, at, what) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            @event.Job, @event.Key.Attempt, @event.Key.Branch, (int)@event.Key.Source, @event.Key.Counter, @event.At.ToUnixTimeMilliseconds(),
            JsonSerializer.SerializeToUtf8Bytes(@event.What, GridJson.Default.Happening)) > 0;

    public static bool Exists(Session session, JobEvent @event) =>
        session.Number("SELECT 1 FROM event WHERE job = $1 AND attempt = $2 AND branch = $3 AND source = $4 AND counter = $5",
            @event.Job, @event.Key.Attempt, @event.Key.Branch, (int)@event.Key.Source, @event.Key.Counter) is not null;

    /// <summary>What is stored in the place of this event; null when nothing is.</summary>
    public static Happening? At(Session session, JobEvent @event) => session.First(
        "SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job = $1 AND attempt = $2 AND branch = $3 AND source = $4 AND counter = $5",
        Read, @event.Job, @event.Key.Attempt, @event.Key.Branch, (int)@event.Key.Source, @event.Key.Counter)?.What;

    /// <summary>The stored history in causal order, without the beginning that every job has.</summary>
    public static List<JobEvent> Of(Session session, long job) =>
        session.Query("SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job = $1 ORDER BY attempt, branch, source, counter", Read, job);

    /// <summary>What central itself told of one attempt.</summary>
    public static List<JobEvent> FromCentral(Session session, AttemptId id) =>
        session.Query(
            "SELECT job, attempt, branch, source, counter, at, what FROM event WHERE job = $1 AND attempt = $2 AND source = 0 ORDER BY branch, counter",
            Read, id.Job, id.Attempt);

    private static JobEvent Read(DbDataReader reader) => new(
        reader.GetInt64(0),
        new EventKey((int)reader.GetInt64(1), (int)reader.GetInt64(2), (EventSource)reader.GetInt64(3), reader.GetInt64(4)),
        reader.Time(5),
        JsonSerializer.Deserialize((byte[])reader.GetValue(6), GridJson.Default.Happening)
            ?? throw new InvalidOperationException($"an event of job {reader.GetInt64(0)} is empty"));
}
