using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>Something that must never happen, seen of a job.</summary>
public sealed record Alarm(AttemptId Id, string Text, DateTimeOffset RaisedAt);

/// <summary>Alarms, each once, until an admin forgets them.</summary>
public static class AlarmTable
{
    public static void Insert(Session session, Alarm alarm) => session.Execute(
        "INSERT INTO alarm (job, attempt, text, raised_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", alarm.Id.Job, alarm.Id.Attempt, alarm.Text,
        alarm.RaisedAt.ToUnixTimeMilliseconds());

    /// <summary>The newest first.</summary>
    public static List<Alarm> Newest(Session session, int most) => session.Query(
        "SELECT job, attempt, text, raised_at FROM alarm ORDER BY raised_at DESC, job LIMIT $1",
        reader => new Alarm(new AttemptId(reader.GetInt64(0), (int)reader.GetInt64(1)), reader.GetString(2), reader.Time(3)), most);

    public static int Forget(Session session) => session.Execute("DELETE FROM alarm");
}
