using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Events in the order they were written, until central has them. The newest are in memory too: most are sent by the process that wrote them.</summary>
internal sealed class OutboxTable : Table
{
    private readonly SqliteConnection _connection;
    private readonly Statement _add, _take, _remove, _count, _hasEnd;
    private readonly Dictionary<long, JobEvent> _inMemory = [];

    public OutboxTable(SqliteConnection connection) : base(connection)
    {
        _connection = connection;
        _add = Prepare("INSERT INTO outbox(job, attempt, event) VALUES ($1, $2, $3)");
        _take = Prepare("SELECT row, event FROM outbox ORDER BY row LIMIT $1");
        _remove = Prepare("DELETE FROM outbox WHERE row <= $1");
        _count = Prepare("SELECT count(*) FROM outbox");
        _hasEnd = Prepare("SELECT count(*) FROM outbox WHERE job = $1 AND attempt = $2");
    }

    public void Add(JobEvent @event)
    {
        _add.Run(@event.Job, @event.Key.Attempt, JsonSerializer.SerializeToUtf8Bytes(@event, GridJson.Default.JobEvent));
        if (_inMemory.Count < Limits.EventsInMemory) _inMemory[SQLitePCL.raw.sqlite3_last_insert_rowid(_connection.Handle)] = @event;
    }

    public List<PendingEvent> Take(int limit) => _take.Query(row => new PendingEvent(row.GetInt64(0),
        _inMemory.GetValueOrDefault(row.GetInt64(0)) ?? JsonSerializer.Deserialize(row.GetBytes(1), GridJson.Default.JobEvent)!), limit);

    /// <summary>Central has them, up to and with this row.</summary>
    public void Remove(long upToRow)
    {
        _remove.Run(upToRow);
        foreach (var row in _inMemory.Keys.Where(row => row <= upToRow).ToList()) _inMemory.Remove(row);
    }

    /// <summary>A transaction was rolled back: its rows are not there, and their numbers will be given to others.</summary>
    public void Forget() => _inMemory.Clear();

    public long Count() => _count.Number() ?? 0;

    /// <summary>True when news of this attempt still waits.</summary>
    public bool Holds(AttemptId id) => _hasEnd.Number(id.Job, id.Attempt) > 0;
}
