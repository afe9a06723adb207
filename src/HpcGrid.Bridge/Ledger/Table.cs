using HpcGrid.Sqlite;
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

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
    }
}
