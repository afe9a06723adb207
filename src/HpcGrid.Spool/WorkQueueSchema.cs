using HpcGrid.Sqlite;

namespace HpcGrid.Spool;

/// <summary>The tables of a work-queue file. A reader accepts exactly these: views, triggers and other tables are refused.</summary>
internal static class WorkQueueSchema
{
    internal const string KindOfQueue = "queue";
    internal const string KindOfVersion = "version";

    internal static IReadOnlyList<string> Tables { get; } =
    [
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        // Offered rows have spec and grant, reported rows have the rest; report is the whole of what the other columns show.
        "CREATE TABLE job (position INTEGER PRIMARY KEY, job INTEGER NOT NULL, attempt INTEGER NOT NULL, branch INTEGER NOT NULL, "
        + "spec BLOB, grant TEXT, stage TEXT, outcome TEXT, exit INTEGER, signal INTEGER, wall REAL, cpu REAL, rss INTEGER, report BLOB)",
        "CREATE TABLE blob (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL)",
        "CREATE TABLE event (job INTEGER NOT NULL, attempt INTEGER NOT NULL, counter INTEGER NOT NULL, kind TEXT NOT NULL, "
        + "time TEXT NOT NULL, text TEXT NOT NULL)",
    ];

    /// <summary>A database with these tables and nothing in them.</summary>
    internal static byte[] Empty { get; } = MakeEmpty();

    private static byte[] MakeEmpty()
    {
        using var made = MemoryDatabase.Create();
        foreach (var table in Tables) made.Execute(table);
        return made.ToBytes(room: 0);
    }
}
