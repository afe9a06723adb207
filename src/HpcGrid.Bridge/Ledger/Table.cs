using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Keeps the prepared statements of one table and ends them with it.</summary>
internal abstract class Table(SqliteConnection connection) : IDisposable
{
    private readonly List<Statement> _statements = [];

    protected Statement Prepare(string sql)
    {
        var statement = new Statement(connection, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Times are stored as Unix milliseconds.</summary>
    protected static long Stored(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    protected static DateTimeOffset Time(SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    protected static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Time(row, column);

    protected static string? TextOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
    }
}
