using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Keeps the prepared statements of one table and ends them with it.</summary>
/// <param name="connection">The ledger's.</param>
/// <param name="changes">Moved by what writes; of tables with remembered answers.</param>
internal abstract class Table(SqliteConnection connection, ChangeMark? changes = null) : IDisposable
{
    private readonly List<Statement> _statements = [];

    protected Statement Prepare(string sql)
    {
        var statement = new Statement(connection, sql, changes);
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
