using SQLitePCL;

namespace HpcGrid.Sqlite;

/// <summary>The row a statement stands at; of no use after the next one. Columns are numbered from 0.</summary>
public sealed class Row
{
    private readonly sqlite3_stmt _statement;

    internal Row(sqlite3_stmt statement) => _statement = statement;

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;
    public long GetInt64(int column) => raw.sqlite3_column_int64(_statement, column);
    /// <summary>Throws OverflowException.</summary>
    public int GetInt32(int column) => checked((int)GetInt64(column));

    public double GetDouble(int column) => raw.sqlite3_column_double(_statement, column);
    public string GetString(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";
    public byte[] GetBytes(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    /// <summary>The bytes where SQLite has them, gone with the next row; empty for NULL.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public long? LongOrNull(int column) => IsNull(column) ? null : GetInt64(column);
    public string? TextOrNull(int column) => IsNull(column) ? null : GetString(column);
    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : GetBytes(column);
    public bool Flag(int column) => GetInt64(column) != 0;

    /// <summary>Times are stored as Unix milliseconds.</summary>
    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(GetInt64(column));

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);
}
