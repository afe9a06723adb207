using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Spool;

/// <summary>
/// SQLite on scratch files only; a file on the shared filesystem is never opened with it (PROTOCOL 3). One connection each, no pool:
/// the file is closed when the connection is.
/// </summary>
internal static class SqliteScratch
{
    static SqliteScratch() => SQLitePCL.Batteries_V2.Init();

    /// <summary>A new database that needs no safety: when anything fails, it is thrown away.</summary>
    internal static SqliteConnection Create(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
        }.ToString());
        return Open(connection, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE");
    }

    /// <summary>A database that others wrote: read-only, nobody else changes it, and nothing in its schema is trusted.</summary>
    internal static SqliteConnection OpenUntrusted(string path)
    {
        var uri = "file:" + Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal) + "?immutable=1";
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = uri,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ToString());
        return Open(connection, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON");
    }

    private static SqliteConnection Open(SqliteConnection connection, string pragmas)
    {
        try
        {
            connection.Open();
            Execute(connection, pragmas);
            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Every row as <paramref name="read"/> makes it. Throws FormatException when there are more.</summary>
    internal static List<T> Query<T>(SqliteConnection connection, string sql, int atMost, Func<Row, T> read)
    {
        using var statement = new Statement(connection, sql + " LIMIT $1");
        var rows = statement.Query(read, (long)atMost + 1);
        return rows.Count <= atMost ? rows : throw new FormatException($"more than {atMost} rows in: {sql}");
    }
}
