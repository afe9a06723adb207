using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>
/// One prepared statement with its parameters by place ("?1", "?2" …): what a table runs thousands of times a second.
/// Belongs to the ledger's one thread.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
    }

    /// <summary>Runs it; the number of rows changed.</summary>
    public int Run(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    /// <summary>Runs it and makes a value of each row.</summary>
    public List<T> Read<T>(Func<SqliteDataReader, T> make, params ReadOnlySpan<object?> values)
    {
        Bind(values);
        var rows = new List<T>();
        using var reader = _command.ExecuteReader();
        while (reader.Read()) rows.Add(make(reader));
        return rows;
    }

    /// <summary>The first column of the first row as a number; null when there is no row or it is NULL.</summary>
    public long? Number(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteScalar() is long number ? number : null;
    }

    private void Bind(ReadOnlySpan<object?> values)
    {
        var parameters = _command.Parameters;
        for (var i = 0; i < values.Length; i++)
        {
            if (i == parameters.Count) parameters.Add(new SqliteParameter($"?{i + 1}", DBNull.Value));
            parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }

    public void Dispose() => _command.Dispose();
}
