using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>An end to be mailed.</summary>
public sealed record Mail(AttemptId Id, int Tries);

/// <summary>Ends that are to be mailed, written in the transaction of the end.</summary>
public static class MailTable
{
    public static void Insert(Session session, AttemptId id, DateTimeOffset due) =>
        session.Execute("INSERT INTO mail (job, attempt, tries, due) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING", id.Job, id.Attempt,
            due.ToUnixTimeMilliseconds());

    public static List<Mail> Due(Session session, DateTimeOffset now, int most) =>
        session.Query("SELECT job, attempt, tries FROM mail WHERE due <= $1 ORDER BY due LIMIT $2",
            reader => new Mail(new AttemptId(reader.GetInt64(0), (int)reader.GetInt64(1)), (int)reader.GetInt64(2)), now.ToUnixTimeMilliseconds(), most);

    public static void Later(Session session, AttemptId id, int tries, DateTimeOffset due) =>
        session.Execute("UPDATE mail SET tries = $3, due = $4 WHERE job = $1 AND attempt = $2", id.Job, id.Attempt, tries, due.ToUnixTimeMilliseconds());

    public static void Delete(Session session, AttemptId id) => session.Execute("DELETE FROM mail WHERE job = $1 AND attempt = $2", id.Job, id.Attempt);
}
