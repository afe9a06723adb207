using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace HpcGrid.Spool;

/// <summary>
/// One prepared INSERT for many rows, on SQLite's own calls: a parameter collection and a command for each of 512 rows cost more
/// than SQLite does.
/// </summary>
internal sealed class RowInserter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;

    internal RowInserter(SqliteConnection connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out _statement));
    }

    /// <summary>Inserts one row; the values are long, int, double, string, byte[] or null.</summary>
    internal void Add(params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++) Check(Bind(i + 1, values[i]));
        var done = raw.sqlite3_step(_statement);
        if (done != raw.SQLITE_DONE) Check(done);
        Check(raw.sqlite3_reset(_statement));
    }

    private int Bind(int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(_statement, index),
        long number => raw.sqlite3_bind_int64(_statement, index, number),
        int number => raw.sqlite3_bind_int64(_statement, index, number),
        double number => raw.sqlite3_bind_double(_statement, index, number),
        string text => raw.sqlite3_bind_text(_statement, index, text),
        // An empty array bound as it is would become NULL.
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, index, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, index, bytes),
        _ => throw new InvalidOperationException($"a {value.GetType().Name} has no column type"),
    };

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new SqliteException(raw.sqlite3_errmsg(_connection.Handle).utf8_to_string(), code);
    }

    public void Dispose() => _statement.Dispose();
}
