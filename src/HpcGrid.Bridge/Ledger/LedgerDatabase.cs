using System.Globalization;
using HpcGrid.Core;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>
/// The bridge's truth: one SQLite database on a local disk, written by one thread of one process.
/// Promise: what <see cref="Transact"/> returned from survives a crash of process and machine (WAL, synchronous=FULL); what it
/// threw from left nothing behind. A crash inside leaves the state before it.
/// Refuses: a ledger of a newer format, and one that another bridge process has open.
/// </summary>
public sealed class LedgerDatabase : IDisposable
{
    private const int SqliteBusy = 5, SqliteIoError = 10, SqliteCorrupt = 11, SqliteFull = 13, SqliteReadOnly = 8, SqliteNotADatabase = 26;
    private readonly SqliteConnection _connection;
    private readonly Statement _begin, _commit, _rollback;

    private LedgerDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        Facts = new FactTable(connection);
        Jobs = new JobTable(connection);
        Assignments = new AssignmentTable(connection);
        Queues = new QueueTable(connection);
        Gangs = new GangTable(connection);
        Agents = new AgentTable(connection);
        Pilots = new PilotTable(connection);
        Matches = new MatchTable(connection, Facts);
        Outputs = new OutputTable(connection);
        Outbox = new OutboxTable(connection);
    }

    internal FactTable Facts { get; }
    internal JobTable Jobs { get; }
    internal AssignmentTable Assignments { get; }
    internal QueueTable Queues { get; }
    internal GangTable Gangs { get; }
    internal AgentTable Agents { get; }
    internal PilotTable Pilots { get; }
    internal MatchTable Matches { get; }
    internal OutputTable Outputs { get; }
    internal OutboxTable Outbox { get; }

    /// <summary>The ledger's own id, made when it was created: central notices by it that a ledger was lost.</summary>
    public Guid Id { get; private set; }

    /// <summary>Opens it, creating it when it is not there. Throws GridError: Conflict, Corrupt, Unavailable.</summary>
    public static LedgerDatabase Open(string path)
    {
        SqliteLibrary.Load();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            SqliteLibrary.PlanOnce(connection);
            Execute(connection, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;");
            Execute(connection, SchemaTable.Sql);
            Upgrade(connection);
            var ledger = new LedgerDatabase(connection);
            ledger.Transact(ledger.Introduce);
            return ledger;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Explain(e, path);
        }
        catch (GridError)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs work as one transaction. Throws GridError(Unavailable) when the disk is full or failing, with nothing done.</summary>
    public void Transact(Action work)
    {
        var begun = false;
        try
        {
            _begin.Run();
            begun = true;
            work();
            _commit.Run();
        }
        catch (SqliteException e)
        {
            if (begun) Abandon();
            throw Explain(e, _connection.DataSource);
        }
        catch (Exception)
        {
            if (begun) Abandon();
            throw;
        }
    }

    private void Introduce()
    {
        if (Facts.Read("id") is null) Facts.Write("id", Guid.NewGuid().ToString());
        Id = Guid.Parse(Facts.Read("id")!);
    }

    private static void Upgrade(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SchemaTable.ReadFormat;
        var format = command.ExecuteScalar() is string text ? long.Parse(text, CultureInfo.InvariantCulture) : 1;
        if (format > SchemaTable.Format)
            throw GridError.Conflict($"the ledger is of format {format}, this program knows {SchemaTable.Format}", "Start the newer hpcgrid-bridge again.");
        while (format < SchemaTable.Format) Execute(connection, SchemaTable.StepTo(++format));
    }

    /// <summary>SQLite may have rolled back by itself already (disk full); then there is nothing left to roll back.</summary>
    private void Abandon()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0) _rollback.Run();
        Outbox.Forget();
        Jobs.Forget();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static Exception Explain(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        SqliteFull => GridError.Unavailable($"the disk of the ledger '{path}' is full", "Make room on it; the bridge goes on by itself.", e),
        SqliteIoError => GridError.Unavailable($"the disk of the ledger '{path}' fails: {e.Message}", "Check the disk; the bridge tries again.", e),
        SqliteReadOnly => GridError.Unavailable($"the ledger '{path}' cannot be written", "Check its permissions and the mount.", e),
        SqliteBusy => new GridError(ErrorCode.Conflict, $"another process has the ledger '{path}' open", "Only one bridge may run on a state directory.", e),
        SqliteCorrupt or SqliteNotADatabase => new GridError(ErrorCode.Corrupt, $"the ledger '{path}' is damaged: {e.Message}",
            "Move it away; the bridge then starts a new one and central gives its jobs out again.", e),
        // Anything else is a wrong statement: a bug, which ends the process.
        _ => e,
    };

    public void Dispose()
    {
        IDisposable[] prepared = [Facts, Jobs, Assignments, Queues, Gangs, Agents, Pilots, Matches, Outputs, Outbox, _begin, _commit, _rollback];
        foreach (var part in prepared) part.Dispose();
        _connection.Dispose();
    }
}
