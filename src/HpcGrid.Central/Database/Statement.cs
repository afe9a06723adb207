using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace HpcGrid.Central.Database;

/// <summary>
/// A prepared statement. SQLite is called directly: what its ADO.NET provider does for each execution (names of parameters, objects for each value)
/// cost more than the statements themselves.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly int[] _places;

    /// <summary>Throws SqliteException for what SQLite does not understand.</summary>
    public Statement(sqlite3 database, string sql, int values)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v2(database, sql, out _statement));
        // SQLite numbers "$2" by where it appears first.
        _places = [.. Enumerable.Range(1, values).Select(number => raw.sqlite3_bind_parameter_index(_statement, FormattableString.Invariant($"${number}")))];
        if (_places.Count(place => place > 0) != raw.sqlite3_bind_parameter_count(_statement))
            throw new InvalidOperationException($"{values} values are not those of: {sql}");
        Row = new Row(_statement);
    }

    /// <summary>The row it stands at, after <see cref="Step"/> has said that there is one.</summary>
    public Row Row { get; }

    public void Bind(ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            if (_places[i] > 0) Check(Bind(_places[i], values[i]));
    }

    /// <summary>Runs it to its end; returns how many rows it changed.</summary>
    public int Run()
    {
        try
        {
            while (Step()) { }
            return raw.sqlite3_changes(_database);
        }
        finally { Reset(); }
    }

    /// <summary>Goes to the next row; false when there is none.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Check(result);
        return false;
    }

    /// <summary>Ready for the next time. What went wrong was told by <see cref="Step"/> and is not told again.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    private int Bind(int place, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(_statement, place),
        long number => raw.sqlite3_bind_int64(_statement, place, number),
        int number => raw.sqlite3_bind_int64(_statement, place, number),
        bool flag => raw.sqlite3_bind_int64(_statement, place, flag ? 1 : 0),
        double number => raw.sqlite3_bind_double(_statement, place, number),
        string text => raw.sqlite3_bind_text(_statement, place, text),
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, place, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, place, bytes),
        _ => throw new InvalidOperationException($"a {value.GetType().Name} cannot be stored"),
    };

    private void Check(int result)
    {
        if (result == raw.SQLITE_OK) return;
        var (text, extended) = (raw.sqlite3_errmsg(_database).utf8_to_string(), raw.sqlite3_extended_errcode(_database));
        throw new SqliteException($"SQLite error {result}: {text}", result & 0xff, extended);
    }

    public void Dispose() => _statement.Dispose();
}
