using HpcGrid.Central.Database;

namespace HpcGrid.Central.Storage;

/// <summary>Files to delete physically. The row goes after the file: a crash in between only deletes twice.</summary>
public static class DeletionTable
{
    public static void Insert(Session session, string se, string pfn, DateTimeOffset now) =>
        session.Execute("INSERT INTO deletion (pfn, se, queued_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", pfn, se, now.ToUnixTimeMilliseconds());

    public static List<string> Oldest(Session session, string se, int limit) =>
        session.Query("SELECT pfn FROM deletion WHERE se = $1 LIMIT $2", reader => reader.GetString(0), se, limit);

    public static bool Exists(Session session, string se, string pfn) =>
        session.Number("SELECT 1 FROM deletion WHERE pfn = $1 AND se = $2", pfn, se) is not null;

    public static void Delete(Session session, string se, string pfn) =>
        session.Execute("DELETE FROM deletion WHERE pfn = $1 AND se = $2", pfn, se);
}
