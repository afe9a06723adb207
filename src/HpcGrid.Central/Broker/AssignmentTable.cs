using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Broker;

/// <summary>An attempt that a bridge holds.</summary>
/// <param name="Ending">Over for central; the bridge has yet to stop it.</param>
public sealed record Held(AttemptId Id, string Bridge, Guid Ledger, Guid Request, string Owner, long Description, DateTimeOffset AssignedAt, bool Ending)
{
    /// <summary>Which of its ledger's requests it answered; 0 when the bridge does not count.</summary>
    public long MatchNumber { get; init; }
}

/// <summary>Rows of assignments: only those alive, so the table stays small whatever the history.</summary>
public static class AssignmentTable
{
    private const string Columns = "job, attempt, bridge, ledger, request, owner, description, assigned_at, ending, match_number";

    public static void Insert(Session session, Held held) =>
        session.Execute($"INSERT INTO assignment ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            held.Id.Job, held.Id.Attempt, held.Bridge, held.Ledger.ToString("D"), held.Request.ToString("D"), held.Owner, held.Description,
            held.AssignedAt.ToUnixTimeMilliseconds(), held.Ending ? 1 : 0, held.MatchNumber);

    public static Held? Find(Session session, AttemptId id) =>
        session.First($"SELECT {Columns} FROM assignment WHERE job = $1 AND attempt = $2", Read, id.Job, id.Attempt);

    /// <summary>What a match request was answered with, as far as it is alive.</summary>
    public static List<Held> OfRequest(Session session, string bridge, Guid request) =>
        session.Query($"SELECT {Columns} FROM assignment WHERE bridge = $1 AND request = $2 ORDER BY job", Read, bridge, request.ToString("D"));

    /// <summary>What a bridge holds, after a job, by number.</summary>
    public static List<Held> OfBridge(Session session, string bridge, long after, int most) =>
        session.Query($"SELECT {Columns} FROM assignment WHERE bridge = $1 AND job > $2 AND ending = 0 ORDER BY job LIMIT $3", Read, bridge, after, most);

    /// <summary>What is left of another ledger than this one.</summary>
    public static List<Held> OfOtherLedgers(Session session, string bridge, Guid ledger, int most) =>
        session.Query($"SELECT {Columns} FROM assignment WHERE bridge = $1 AND ledger <> $2 LIMIT $3", Read, bridge, ledger.ToString("D"), most);

    /// <summary>What was given to a ledger after a copy of it was made.</summary>
    public static List<Held> OfLaterMatches(Session session, string bridge, long number, int most) =>
        session.Query($"SELECT {Columns} FROM assignment WHERE bridge = $1 AND match_number > $2 LIMIT $3", Read, bridge, number, most);

    /// <summary>What a bridge must stop.</summary>
    public static List<AttemptId> Ending(Session session, string bridge, int most) =>
        session.Query("SELECT job, attempt FROM assignment WHERE bridge = $1 AND ending = 1 ORDER BY job LIMIT $2",
            reader => new AttemptId(reader.GetInt64(0), (int)reader.GetInt64(1)), bridge, most);

    /// <summary>True when some attempt of the job is over for central and not yet stopped.</summary>
    public static bool IsEnding(Session session, long job) =>
        session.Number("SELECT 1 FROM assignment WHERE job = $1 AND ending = 1 LIMIT 1", job) is not null;

    /// <summary>True when the bridge holds some attempt that is not over.</summary>
    public static bool Holds(Session session, string bridge) =>
        session.Number("SELECT 1 FROM assignment WHERE bridge = $1 AND ending = 0 LIMIT 1", bridge) is not null;

    /// <summary>True when some attempt of a job in this range of numbers is with a bridge, or has yet to be stopped there.</summary>
    public static bool IsHeld(Session session, long first, long last) =>
        session.Number("SELECT 1 FROM assignment WHERE job >= $1 AND job <= $2 LIMIT 1", first, last) is not null;

    public static void MarkEnding(Session session, AttemptId id) =>
        session.Execute("UPDATE assignment SET ending = 1 WHERE job = $1 AND attempt = $2", id.Job, id.Attempt);

    public static void Delete(Session session, AttemptId id) =>
        session.Execute("DELETE FROM assignment WHERE job = $1 AND attempt = $2", id.Job, id.Attempt);

    private static Held Read(Row reader) => new(
        new AttemptId(reader.GetInt64(0), (int)reader.GetInt64(1)), reader.GetString(2), Guid.Parse(reader.GetString(3)), Guid.Parse(reader.GetString(4)),
        reader.GetString(5), reader.GetInt64(6), reader.Time(7), reader.Flag(8)) { MatchNumber = reader.GetInt64(9) };
}
