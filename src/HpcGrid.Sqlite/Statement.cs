using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace HpcGrid.Sqlite;

/// <summary>
/// One prepared statement with its values by number ("$1", "$2" …, which PostgreSQL knows too). SQLite is called directly: what its ADO.NET provider
/// does for each execution (names of parameters, objects for each value) cost more than the statements themselves.
/// Values are long, int, bool, double, string, byte[] or null. Belongs to one thread at a time. Throws SqliteException for what SQLite refuses.
/// </summary>
public sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly Row _row;

    /// <summary>For each of SQLite's own places, from the first: which value goes there. SQLite counts "$2" by where it appears first.</summary>
    private readonly int[] _values;

    /// <summary>Throws SqliteException for what SQLite does not understand.</summary>
    public Statement(SqliteConnection connection, string sql)
        : this(connection.Handle ?? throw new InvalidOperationException("the connection is closed"), sql)
    {
    }

    internal Statement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        _values = [.. Enumerable.Range(1, raw.sqlite3_bind_parameter_count(_statement)).Select(NumberOf)];
        _row = new Row(_statement);
    }

    /// <summary>Runs it to its end; returns how many rows it changed.</summary>
    public int Run(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        try
        {
            while (Step()) { }
            return raw.sqlite3_changes(_database);
        }
        finally { Reset(); }
    }

    /// <summary>A value of each row.</summary>
    public List<T> Query<T>(Func<Row, T> read, params ReadOnlySpan<object?> values)
    {
        var rows = new List<T>();
        Bind(values);
        try
        {
            while (Step()) rows.Add(read(_row));
        }
        finally { Reset(); }
        return rows;
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(Func<Row, T> read, params ReadOnlySpan<object?> values) where T : class
    {
        Bind(values);
        try { return Step() ? read(_row) : null; }
        finally { Reset(); }
    }

    /// <summary>The first column of the first row as a number; null when there is no row or it is NULL.</summary>
    public long? Number(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        try { return Step() ? _row.LongOrNull(0) : null; }
        finally { Reset(); }
    }

    private int NumberOf(int place) =>
        int.TryParse(raw.sqlite3_bind_parameter_name(_statement, place).utf8_to_string()?[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number - 1
            : throw new InvalidOperationException($"parameters have numbers ($1, $2 …), not so: {raw.sqlite3_sql(_statement).utf8_to_string()}");

    private void Bind(ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            if (_values[i] >= values.Length)
                throw new InvalidOperationException($"{values.Length} values are not those of: {raw.sqlite3_sql(_statement).utf8_to_string()}");
            Check(Bind(i + 1, values[_values[i]]));
        }
    }

    private int Bind(int place, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(_statement, place),
        long number => raw.sqlite3_bind_int64(_statement, place, number),
        int number => raw.sqlite3_bind_int64(_statement, place, number),
        bool flag => raw.sqlite3_bind_int64(_statement, place, flag ? 1 : 0),
        double number => raw.sqlite3_bind_double(_statement, place, number),
        string text => raw.sqlite3_bind_text(_statement, place, text),
        // An empty array bound as it is would become NULL.
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, place, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, place, bytes),
        _ => throw new InvalidOperationException($"a {value.GetType().Name} cannot be stored"),
    };

    /// <summary>Goes to the next row; false when there is none.</summary>
    private bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Check(result);
        return false;
    }

    /// <summary>Ready for the next time. What went wrong was told by <see cref="Step"/> and is not told again.</summary>
    private void Reset() => _ = raw.sqlite3_reset(_statement);

    private void Check(int result) => Check(result, _database);

    /// <summary>Throws SqliteException for anything but success.</summary>
    internal static void Check(int result, sqlite3 database)
    {
        if (result == raw.SQLITE_OK) return;
        var (text, extended) = (raw.sqlite3_errmsg(database).utf8_to_string(), raw.sqlite3_extended_errcode(database));
        throw new SqliteException($"SQLite error {result}: {text}", result & 0xff, extended);
    }

    internal static SqliteException NoMemory() => new("SQLite error 7: out of memory", raw.SQLITE_NOMEM);

    public void Dispose() => _statement.Dispose();
}
