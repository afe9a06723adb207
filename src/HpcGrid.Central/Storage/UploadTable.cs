using HpcGrid.Central.Database;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Storage;

/// <summary>A file in central's storage elements that nothing refers to yet.</summary>
/// <param name="Id">The attempt that brought it; (0, 0) for a user.</param>
public sealed record Upload(Guid Guid, string Pfn, Content Content, AttemptId Id, string Owner, DateTimeOffset StoredAt)
{
    /// <summary>Which storage elements have it, the nearest first; empty for the first one, in rows of an earlier version.</summary>
    public IReadOnlyList<string> Elements { get; init; } = [];
    /// <summary>Copies that were wanted and not made.</summary>
    public int Missing { get; init; }
}

/// <summary>Rows of uploads. Registering a file removes its row.</summary>
public static class UploadTable
{
    private const string Columns = "guid, pfn, size, sha256, job, attempt, owner, stored_at, ses, missing";

    public static void Insert(Session session, Upload upload) =>
        session.Execute(
            "INSERT INTO upload (guid, pfn, size, sha256, job, attempt, owner, stored_at, ses, missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) " +
            "ON CONFLICT (guid) DO UPDATE SET size = $3, sha256 = $4, job = $5, attempt = $6, owner = $7, stored_at = $8, ses = $9, missing = $10",
            upload.Guid.ToString("D"), upload.Pfn, upload.Content.Size, upload.Content.Sha256, upload.Id.Job, upload.Id.Attempt, upload.Owner,
            upload.StoredAt.ToUnixTimeMilliseconds(), string.Join(',', upload.Elements), upload.Missing);

    public static Upload? Find(Session session, Guid guid) =>
        session.First($"SELECT {Columns} FROM upload WHERE guid = $1", Read, guid.ToString("D"));

    public static bool Delete(Session session, Guid guid) => session.Execute("DELETE FROM upload WHERE guid = $1", guid.ToString("D")) > 0;

    public static List<Upload> OlderThan(Session session, DateTimeOffset time, int limit) =>
        session.Query($"SELECT {Columns} FROM upload WHERE stored_at < $1 ORDER BY stored_at LIMIT $2", Read, time.ToUnixTimeMilliseconds(), limit);

    /// <summary>Uploads by jobs, oldest first.</summary>
    public static List<Upload> OfJobs(Session session, DateTimeOffset before, int limit) =>
        session.Query($"SELECT {Columns} FROM upload WHERE stored_at < $1 AND job > 0 ORDER BY stored_at LIMIT $2", Read,
            before.ToUnixTimeMilliseconds(), limit);

    private static Upload Read(Row reader) => new(
        Guid.Parse(reader.GetString(0)), reader.GetString(1), new Content(reader.GetInt64(2), reader.GetString(3)),
        new AttemptId(reader.GetInt64(4), (int)reader.GetInt64(5)), reader.GetString(6), reader.Time(7))
    {
        Elements = reader.GetString(8).Split(',', StringSplitOptions.RemoveEmptyEntries), Missing = (int)reader.GetInt64(9),
    };
}
