using HpcGrid.Central.Database;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Catalogue;

/// <summary>Rows of entries. The root is entry 1, made with the catalogue.</summary>
public static class EntryTable
{
    public const long Root = 1;
    private const string Columns = "entry_id, parent_id, name, type, owner, grp, perm, size, guid, sha256, created_at, job, archive_guid, member";

    /// <summary>Inserts with a new number; returns it. The name must be free.</summary>
    public static EntryRow Insert(Session session, EntryRow row)
    {
        var numbered = row.Id > 0 ? row : row with { Id = CounterTable.Take(session, "entry") };
        session.Execute($"INSERT INTO entry ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            numbered.Id, row.Parent, row.Name, row.Type, row.Owner, row.Group, row.Permissions, row.Size, row.Guid?.ToString("D"), row.Sha256,
            row.CreatedAt.ToUnixTimeMilliseconds(), row.Job, row.Archive?.ToString("D"), row.Member);
        return numbered;
    }

    public static EntryRow? Find(Session session, long id) =>
        session.First($"SELECT {Columns} FROM entry WHERE entry_id = $1", Read, id);

    public static EntryRow? Find(Session session, long parent, string name) =>
        session.First($"SELECT {Columns} FROM entry WHERE parent_id = $1 AND name = $2", Read, parent, name);

    /// <summary>By name, after a name.</summary>
    public static List<EntryRow> Children(Session session, long parent, string after, int limit) =>
        session.Query($"SELECT {Columns} FROM entry WHERE parent_id = $1 AND name > $2 ORDER BY name LIMIT $3", Read, parent, after, limit);

    /// <summary>Entries that are this file or members of this archive: as long as there is one, the bytes are needed.</summary>
    public static List<EntryRow> Referring(Session session, Guid guid) =>
        [.. session.Query($"SELECT {Columns} FROM entry WHERE guid = $1 LIMIT 100", Read, guid.ToString("D")),
         .. session.Query($"SELECT {Columns} FROM entry WHERE archive_guid = $1 LIMIT 1000", Read, guid.ToString("D"))];

    public static bool IsReferredTo(Session session, Guid guid) =>
        session.Number("SELECT 1 FROM entry WHERE guid = $1 LIMIT 1", guid.ToString("D")) is not null
        || session.Number("SELECT 1 FROM entry WHERE archive_guid = $1 LIMIT 1", guid.ToString("D")) is not null;

    public static List<EntryRow> OfJob(Session session, long job) =>
        session.Query($"SELECT {Columns} FROM entry WHERE job = $1 ORDER BY entry_id", Read, job);

    /// <summary>Entries of a range of jobs behind an entry of its first job, by job.</summary>
    public static List<EntryRow> OfJobs(Session session, (long First, long Last) jobs, long after, int limit) => session.Query(
        $"SELECT {Columns} FROM entry WHERE job >= $1 AND job <= $2 AND (job > $1 OR entry_id > $3) ORDER BY job, entry_id LIMIT $4", Read,
        jobs.First, jobs.Last, after, limit);

    public static void Delete(Session session, long id) => session.Execute("DELETE FROM entry WHERE entry_id = $1", id);

    public static void Move(Session session, long id, long parent, string name) =>
        session.Execute("UPDATE entry SET parent_id = $2, name = $3 WHERE entry_id = $1", id, parent, name);

    private static EntryRow Read(Row reader) => new()
    {
        Id = reader.GetInt64(0),
        Parent = reader.GetInt64(1),
        Name = reader.GetString(2),
        Type = reader.GetString(3),
        Owner = reader.GetString(4),
        Group = reader.GetString(5),
        Permissions = reader.GetString(6),
        Size = reader.GetInt64(7),
        Guid = reader.TextOrNull(8) is { } guid ? Guid.Parse(guid) : null,
        Sha256 = reader.TextOrNull(9),
        CreatedAt = reader.Time(10),
        Job = reader.LongOrNull(11),
        Archive = reader.TextOrNull(12) is { } archive ? Guid.Parse(archive) : null,
        Member = reader.TextOrNull(13),
    };
}
