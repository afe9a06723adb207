using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Queue files, who has them, which versions of them are committed, and attempts that must die if somebody claims theirs.</summary>
internal sealed class QueueTable : Table
{
    private const string Columns = "id, generation, stage, agent, strict, rows";
    private readonly Statement _add, _set, _claim, _find, _inStage, _ofAgent, _deleteOver, _lastGeneration, _pool,
        _accept, _accepted, _forget, _forgetAgent, _condemn, _condemned, _pardon, _busy, _all;

    public QueueTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("INSERT INTO queue(id, generation, stage, strict, rows) VALUES ($1, $2, 0, $3, $4)");
        _set = Prepare("UPDATE queue SET stage = $3 WHERE id = $1 AND generation = $2");
        _claim = Prepare("UPDATE queue SET stage = 2, agent = $3 WHERE id = $1 AND generation = $2 AND stage < 2");
        _find = Prepare($"SELECT {Columns} FROM queue WHERE id = $1 AND generation = $2");
        _inStage = Prepare($"SELECT {Columns} FROM queue WHERE stage = $1");
        _ofAgent = Prepare($"SELECT {Columns} FROM queue WHERE agent = $1");
        _all = Prepare($"SELECT {Columns} FROM queue");
        _deleteOver = Prepare("DELETE FROM queue WHERE stage = 6 AND NOT EXISTS (SELECT 1 FROM job WHERE job.queue = queue.id)");
        _lastGeneration = Prepare("SELECT max(generation) FROM queue WHERE id = $1");
        _pool = Prepare("SELECT count(*) FROM queue WHERE stage < 2");
        _accept = Prepare("""
            INSERT INTO accepted(agent, id, generation, sequence, final) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO UPDATE SET sequence = excluded.sequence, final = excluded.final WHERE excluded.sequence > sequence
            """);
        _accepted = Prepare("SELECT id, generation, sequence, final FROM accepted WHERE agent = $1");
        _forget = Prepare("DELETE FROM accepted WHERE agent = $1 AND id = $2 AND generation = $3");
        _forgetAgent = Prepare("DELETE FROM accepted WHERE agent = $1");
        _condemn = Prepare("INSERT INTO condemned(queue, generation, job, attempt) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
        _condemned = Prepare("SELECT job, attempt FROM condemned WHERE queue = $1 AND generation = $2");
        _pardon = Prepare("DELETE FROM condemned WHERE queue = $1 AND generation = $2");
        _busy = Prepare("SELECT DISTINCT queue, generation FROM condemned");
    }

    /// <summary>B1.</summary>
    public void Add(QueueName name, bool strict, int rows) => _add.Run(name.Id, name.Generation, strict ? 1 : 0, rows);

    public void SetStage(QueueName name, QueueStage stage) => _set.Run(name.Id, name.Generation, (int)stage);

    /// <summary>True when it was not known to be claimed before.</summary>
    public bool Claim(QueueName name, string agent) => _claim.Run(name.Id, name.Generation, agent) == 1;

    public QueueRow? Find(QueueName name) => _find.First(Make, name.Id, name.Generation);

    public List<QueueRow> InStage(QueueStage stage) => _inStage.Query(Make, (int)stage);

    public List<QueueRow> OfAgent(string agent) => _ofAgent.Query(Make, agent);

    public List<QueueRow> All() => _all.Query(Make);

    /// <summary>Queue files that nobody is known to have claimed.</summary>
    public int InPool() => (int)(_pool.Number() ?? 0);

    public int LastGeneration(long id) => (int)(_lastGeneration.Number(id) ?? 0);

    /// <summary>Nobody has anything of it any more.</summary>
    public void End(QueueName name)
    {
        SetStage(name, QueueStage.Over);
        _pardon.Run(name.Id, name.Generation);
    }

    /// <summary>Removes rows that no generation has to be counted from any more.</summary>
    public int DeleteOver() => _deleteOver.Run();

    /// <summary>Version <paramref name="sequence"/> is committed in this transaction; lower ones change nothing afterwards.</summary>
    public void Accept(string agent, QueueName name, long sequence, bool final) => _accept.Run(agent, name.Id, name.Generation, sequence, final ? 1 : 0);

    /// <summary>The highest committed version of each of an agent's queue files.</summary>
    public Dictionary<QueueName, (long Sequence, bool Final)> Accepted(string agent) =>
        _accepted.Query(row => (new QueueName(row.GetInt64(0), row.GetInt32(1)), row.GetInt64(2), row.GetInt32(3) != 0), agent)
            .ToDictionary(row => row.Item1, row => (row.Item2, row.Item3));

    public void ForgetAccepted(string agent, QueueName name) => _forget.Run(agent, name.Id, name.Generation);

    public void ForgetAgent(string agent) => _forgetAgent.Run(agent);

    /// <summary>The attempt is over for us, but this queue file still holds it: whoever claims it must be told.</summary>
    public void Condemn(QueueName name, AttemptId id) => _condemn.Run(name.Id, name.Generation, id.Job, id.Attempt);

    public List<AttemptId> Condemned(QueueName name) => _condemned.Query(row => new AttemptId(row.GetInt64(0), row.GetInt32(1)), name.Id, name.Generation);

    public List<QueueName> WithCondemned() => _busy.Query(row => new QueueName(row.GetInt64(0), row.GetInt32(1)));

    private static QueueRow Make(Row row) => new(
        new QueueName(row.GetInt64(0), row.GetInt32(1)), (QueueStage)row.GetInt32(2), row.TextOrNull(3), row.GetInt32(4) != 0, row.GetInt32(5));
}
