using System.Buffers;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace HpcGrid.Sqlite;

/// <summary>
/// A database in memory: built to become the bytes of a file, or opened from bytes that were one. Nothing of it touches a disk. Belongs to one thread at a time.
/// </summary>
public sealed class MemoryDatabase : IDisposable
{
    private readonly sqlite3 _database;
    private MemoryHandle _image;

    static MemoryDatabase() => SqliteLibrary.Load();

    private MemoryDatabase() => Statement.Check(
        raw.sqlite3_open_v2(":memory:", out _database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null), _database);

    /// <summary>An empty one. It needs no journal: when anything fails, it is thrown away.</summary>
    public static MemoryDatabase Create()
    {
        var made = new MemoryDatabase();
        made.Execute("PRAGMA journal_mode=OFF");
        return made;
    }

    /// <summary>One that begins as a copy of another, for instance with all tables: that is quicker than to make them.</summary>
    /// <param name="template">Of <see cref="ToBytes"/>.</param>
    public static MemoryDatabase CopyOf(byte[] template)
    {
        var made = new MemoryDatabase();
        try
        {
            var copy = raw.sqlite3_malloc(template.Length);
            if (copy == 0) throw Statement.NoMemory();
            Marshal.Copy(template, 0, copy, template.Length);
            // SQLite frees the copy, also when it refuses it.
            made.Take(copy, template.Length, raw.SQLITE_DESERIALIZE_FREEONCLOSE | raw.SQLITE_DESERIALIZE_RESIZEABLE);
            made.Execute("PRAGMA journal_mode=OFF");
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>One that others wrote: read-only, and nothing in its schema is trusted. Throws SqliteException, also later, for bytes that are no database.</summary>
    /// <param name="image">Used where it lies; not to be changed before this is disposed of.</param>
    public static unsafe MemoryDatabase OpenUntrusted(ReadOnlyMemory<byte> image)
    {
        var opened = new MemoryDatabase();
        try
        {
            opened._image = image.Pin();
            opened.Take((nint)opened._image.Pointer, image.Length, raw.SQLITE_DESERIALIZE_READONLY);
            _ = raw.sqlite3_db_config(opened._database, raw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, out _);
            opened.Execute("PRAGMA cell_size_check=ON");
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements without values. Throws SqliteException.</summary>
    public void Execute(string sql) => Statement.Check(raw.sqlite3_exec(_database, sql), _database);

    /// <summary>Throws SqliteException for what SQLite does not understand.</summary>
    public Statement Prepare(string sql) => new(_database, sql);

    /// <summary>What a file of it would hold. Throws SqliteException when there is no memory.</summary>
    /// <param name="room">Bytes behind it for the caller, zero.</param>
    public byte[] ToBytes(int room)
    {
        var image = raw.sqlite3_serialize(_database, "main", out var length, 0);
        if (image == 0) throw Statement.NoMemory();
        try
        {
            var bytes = new byte[length + room];
            Marshal.Copy(image, bytes, 0, checked((int)length));
            return bytes;
        }
        finally { raw.sqlite3_free(image); }
    }

    private void Take(nint image, int length, int flags) =>
        Statement.Check(raw.sqlite3_deserialize(_database, "main", image, length, length, flags), _database);

    public void Dispose()
    {
        _database.Dispose();
        _image.Dispose();
    }
}
