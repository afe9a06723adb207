using System.Globalization;
using System.Text;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Central.Database;

/// <summary>
/// One connection with its prepared statements, inside a transaction that somebody else began. Statements use $1, $2 … (which
/// SQLite and PostgreSQL both know). Not for two threads at once. Values are long, int, bool, double, string, byte[] or null.
/// </summary>
public sealed class Session : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, Statement> _statements = [];
    private readonly Dictionary<(string, int), string> _listed = [];
    private readonly List<Action> _afterCommit = [];
    private readonly List<Action> _onRollback = [];

    internal Session(SqliteConnection connection) => _connection = connection;

    /// <summary>True on the one session that may change anything.</summary>
    public bool IsWriter { get; internal init; }

    /// <summary>Runs when the changes are durable: news for other threads. Dropped when the request fails.</summary>
    public void AfterCommit(Action action) => _afterCommit.Add(action);

    /// <summary>Runs when the request's changes are undone: forget what was remembered about them.</summary>
    public void OnRollback(Action action) => _onRollback.Add(action);

    /// <summary>Runs a statement; returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Prepared(sql).Run(values);

    /// <summary>All rows.</summary>
    public List<T> Query<T>(string sql, Func<Row, T> read, params ReadOnlySpan<object?> values) => Prepared(sql).Query(read, values);

    /// <summary>The first row, or null.</summary>
    public T? First<T>(string sql, Func<Row, T> read, params ReadOnlySpan<object?> values) where T : class => Prepared(sql).First(read, values);

    /// <summary>The first column of the first row as a number, or null when there is no row or it is NULL.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values) => Prepared(sql).Number(values);

    /// <summary>The rows for many identifiers; "{ids}" in the statement stands for their list. In batches, not one by one.</summary>
    public List<T> QueryMany<T>(string sql, IReadOnlyCollection<long> ids, Func<Row, T> read)
    {
        var rows = new List<T>(ids.Count);
        foreach (var chunk in ids.Chunk(Limits.IdsPerQuery))
        {
            // A fixed number of parameters keeps the statement prepared; the last identifier fills the rest.
            var size = chunk.Length <= 10 ? 10 : Limits.IdsPerQuery;
            var values = new object?[size];
            for (var i = 0; i < size; i++) values[i] = chunk[Math.Min(i, chunk.Length - 1)];
            if (!_listed.TryGetValue((sql, size), out var listed)) _listed[(sql, size)] = listed = sql.Replace("{ids}", Places(size), StringComparison.Ordinal);
            rows.AddRange(Query(listed, read, values));
        }
        return rows;
    }

    /// <summary>Runs a part of the work so that its changes are undone when it throws; then it throws on.</summary>
    public void Part(Action work)
    {
        Execute("SAVEPOINT part");
        try
        {
            work();
            Execute("RELEASE part");
        }
        catch
        {
            Execute("ROLLBACK TO part");
            Execute("RELEASE part");
            throw;
        }
    }

    /// <summary>The request is done: its news, and what to do if the commit that is to follow fails.</summary>
    internal (List<Action> AfterCommit, List<Action> OnRollback) EndRequest()
    {
        (List<Action>, List<Action>) actions = ([.. _afterCommit], [.. _onRollback]);
        _onRollback.Clear();
        _afterCommit.Clear();
        return actions;
    }

    /// <summary>The request failed: its changes are undone.</summary>
    internal void UndoRequest()
    {
        foreach (var action in EndRequest().OnRollback) action();
    }

    private static string Places(int count)
    {
        var text = new StringBuilder();
        for (var i = 1; i <= count; i++) text.Append(CultureInfo.InvariantCulture, $"{(i == 1 ? "" : ", ")}${i}");
        return text.ToString();
    }

    private Statement Prepared(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement)) _statements[sql] = statement = new Statement(_connection, sql);
        return statement;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        _connection.Dispose();
    }
}
