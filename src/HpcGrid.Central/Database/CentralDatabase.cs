using System.Collections.Concurrent;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Central.Database;

/// <summary>
/// Central's database: SQLite in WAL mode, every commit synced, one writer and a few readers that see the last commit.
/// A crash loses no answered request; opening it again recovers by itself. Another process may write meanwhile (user add).
/// </summary>
public sealed class CentralDatabase : IDisposable
{
    private readonly string _path;
    private readonly WriteQueue _writer;
    private readonly ConcurrentBag<Session> _readers = [];
    private readonly SemaphoreSlim _readerPlaces = new(Limits.Readers);

    private CentralDatabase(string path, WriteQueue writer)
    {
        _path = path;
        _writer = writer;
    }

    /// <summary>Opens or makes the database and brings its tables up to date. Throws GridError(Conflict) for one of a newer version.</summary>
    public static CentralDatabase Open(string path)
    {
        SqliteLibrary.Load();
        var session = Connect(path, writer: true);
        try { Migrations.Apply(session); }
        catch { session.Dispose(); throw; }
        return new CentralDatabase(path, new WriteQueue(session));
    }

    /// <summary>Runs work on the writer; completes when it is durable.</summary>
    public Task<T> Write<T>(Func<Session, T> work) => _writer.Run(work);

    /// <summary>Runs work on the writer; completes when it is durable.</summary>
    public Task Write(Action<Session> work) => _writer.Run(session => { work(session); return true; });

    /// <summary>Reads a consistent picture of the last commit.</summary>
    public T Read<T>(Func<Session, T> work)
    {
        _readerPlaces.Wait();
        try
        {
            if (!_readers.TryTake(out var session)) session = Connect(_path, writer: false);
            session.Execute("BEGIN");
            try { return work(session); }
            finally
            {
                // A reader that cannot even end its transaction throws here and is not used again.
                session.Execute("ROLLBACK");
                _readers.Add(session);
            }
        }
        finally { _readerPlaces.Release(); }
    }

    private static Session Connect(string path, bool writer)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            Mode = writer ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
        }.ToString());
        connection.Open();
        SqliteLibrary.PlanOnce(connection);
        SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle!, Limits.BusySeconds * 1000);
        var session = new Session(connection) { IsWriter = writer };
        string[] settings = writer
            ? ["journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=8000", "temp_store=MEMORY"]
            : ["query_only=1", "cache_size=-16384", "temp_store=MEMORY"];
        foreach (var setting in settings) session.Query("PRAGMA " + setting, _ => true);
        return session;
    }

    public void Dispose()
    {
        _writer.Dispose();
        while (_readers.TryTake(out var session)) session.Dispose();
        _readerPlaces.Dispose();
    }
}
