using HpcGrid.Bridge.Gangs;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>
/// The jobs this bridge holds; (job, attempt) is unique, and a row that is gone or past Queued is what makes a second result
/// of the same attempt change nothing (B3).
/// </summary>
internal sealed class JobTable : Table
{
    private const string Columns = "row, job, attempt, branch, stage, told, queue, generation, repeatable, killed, spared";
    private readonly Statement _add, _find, _inQueue, _delete, _stage, _told, _requeue, _enqueue, _kill, _counts, _shapes, _held, _inStage, _killed,
        _unoffer, _unstarted, _findRow, _gangs, _unended, _ready;
    private Holding? _holding;

    public JobTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("""
            INSERT INTO job(job, attempt, stage, repeatable, cores, memory, disk, ttl, special, nodes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT DO NOTHING RETURNING row
            """);
        _find = Prepare($"SELECT {Columns} FROM job WHERE job = $1 AND attempt = $2");
        _inQueue = Prepare($"SELECT {Columns} FROM job WHERE queue = $1 AND generation = $2");
        _delete = Prepare("DELETE FROM job WHERE row = $1 RETURNING CASE stage WHEN 3 THEN -1 ELSE cores * max(nodes, 1) END");
        _stage = Prepare("UPDATE job SET stage = $2 WHERE row = $1 RETURNING cores * max(nodes, 1)");
        _told = Prepare("UPDATE job SET told = $2 WHERE row = $1");
        _requeue = Prepare("UPDATE job SET stage = 1, branch = branch + 1, spared = spared + $2, told = 0, generation = 0 WHERE row = $1");
        _enqueue = Prepare("UPDATE job SET stage = 2, queue = $2, generation = $3 WHERE row = $1");
        _kill = Prepare("UPDATE job SET killed = 1 WHERE row = $1");
        _counts = Prepare("SELECT stage, count(*) FROM job GROUP BY stage");
        _unended = Prepare("SELECT count(*), coalesce(sum(cores * max(nodes, 1)), 0) FROM job WHERE stage < 3");
        _ready = Prepare("SELECT count(*) FROM job WHERE stage = 1");
        _shapes = Prepare("""
            SELECT queue, repeatable, cores, memory, disk, ttl, special, count(*) FROM job WHERE stage = 1 AND nodes = 0
            GROUP BY queue, repeatable, cores, memory, disk, ttl, special ORDER BY min(row)
            """);
        _killed = Prepare($"SELECT {Columns} FROM job WHERE killed = 1");
        _unoffer = Prepare("UPDATE job SET stage = 1, generation = 0 WHERE queue = $1 AND generation = $2 AND stage = 2");
        _unstarted = Prepare("SELECT queue, generation, count(*) FROM job WHERE stage = 2 AND told = 0 AND killed = 0 GROUP BY queue, generation");
        _findRow = Prepare($"SELECT {Columns} FROM job WHERE row = $1");
        _gangs = Prepare("SELECT row, cores, memory, disk, ttl, special FROM job WHERE stage = 1 AND nodes > 0 AND killed = 0 ORDER BY row");
        _held = Prepare("SELECT count(*) FROM job");
        _inStage = Prepare($"SELECT {Columns} FROM job WHERE stage = $1 ORDER BY row");
    }

    /// <summary>The new row, or null when the attempt is held already.</summary>
    public long? Add(AttemptId id, Resources need, bool repeatable, JobStage stage)
    {
        var nodes = need.NodeCount ?? 0;
        var row = _add.Number(id.Job, id.Attempt, (int)stage, repeatable ? 1 : 0, need.Cores, need.MemoryMib, need.DiskMib, need.TtlSeconds, need.Special,
            nodes);
        if (row is not null) _holding = _holding?.With(1, need.Cores * Math.Max(nodes, 1L));
        return row;
    }

    public HeldJob? Find(AttemptId id) => _find.First(Make, id.Job, id.Attempt);

    public HeldJob? FindRow(long row) => _findRow.First(Make, row);

    public List<HeldJob> InQueue(QueueName queue) => _inQueue.Query(Make, queue.Id, queue.Generation);

    public List<HeldJob> InStage(JobStage stage) => _inStage.Query(Make, (int)stage);

    public void Delete(long row)
    {
        if (_delete.Number(row) is >= 0 and { } cores) _holding = _holding?.With(-1, -cores);
    }

    /// <summary>From one stage to another; a job in Saving stays there until it goes.</summary>
    public void SetStage(long row, JobStage stage)
    {
        var cores = _stage.Number(row, (int)stage);
        if (stage == JobStage.Saving && cores is { } given) _holding = _holding?.With(-1, -given);
    }

    public void SetTold(long row, Told told) => _told.Run(row, (int)told);

    /// <summary>Ready again under the next branch; the queue's number stays as the origin of the next generation.</summary>
    /// <param name="row">Which.</param>
    /// <param name="spared">Nothing had failed.</param>
    public void Requeue(long row, bool spared) => _requeue.Run(row, spared ? 1 : 0);

    public void Enqueue(long row, QueueName queue) => _enqueue.Run(row, queue.Id, queue.Generation);

    public void MarkKilled(long row) => _kill.Run(row);

    /// <summary>Jobs that must end and whose agents have not said so.</summary>
    public List<HeldJob> Killed() => _killed.Query(Make);

    /// <summary>The queue file was never seen: its jobs wait for the next generation, on the same branch, because nobody had them.</summary>
    public void Unoffer(QueueName queue) => _unoffer.Run(queue.Id, queue.Generation);

    /// <summary>Of each queue file: how many of its jobs nobody has said to have begun.</summary>
    public Dictionary<QueueName, int> Unstarted() =>
        _unstarted.Query(row => (Queue: new QueueName(row.GetInt64(0), row.GetInt32(1)), Jobs: row.GetInt32(2)))
            .ToDictionary(row => row.Queue, row => row.Jobs);

    public long Held() => _held.Number() ?? 0;

    /// <summary>Jobs by stage. Looks at all of them: for people, once a second.</summary>
    public Dictionary<JobStage, long> Counts() =>
        _counts.Query(row => (Stage: (JobStage)row.GetInt32(0), Jobs: row.GetInt64(1))).ToDictionary(row => row.Stage, row => row.Jobs);

    /// <summary>Jobs that wait for a queue file.</summary>
    public long Ready() => _ready.Number() ?? 0;

    /// <summary>Jobs whose payload has not ended, and the cores they ask for. Every tick asks for it: it is counted once and kept beside the table.</summary>
    public Holding Unended() => _holding ??= _unended.First(row => new Holding(row.GetInt64(0), row.GetInt64(1)))!;

    /// <summary>A transaction was rolled back: what was counted with it is not so.</summary>
    public void Forget() => _holding = null;

    /// <summary>The kinds of jobs of one node that wait for a queue file, oldest first, with their number.</summary>
    public List<(JobShape Shape, int Jobs)> ReadyShapes() => _shapes.Query(row =>
        (new JobShape(row.GetInt64(0), row.GetInt32(1) != 0,
            new Resources(row.GetInt32(2), row.GetInt64(3), row.GetInt64(4), row.GetInt32(5)).WithSpecial(row.GetString(6))), row.GetInt32(7)));

    /// <summary>Jobs over several nodes that wait for them, oldest first.</summary>
    public List<GangWish> ReadyGangs() => _gangs.Query(row => new GangWish(row.GetInt64(0),
        new Resources(row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4)).WithSpecial(row.GetString(5))));

    private static HeldJob Make(Row row) => new(
        row.GetInt64(0), new AttemptId(row.GetInt64(1), row.GetInt32(2)), row.GetInt32(3), (JobStage)row.GetInt32(4), (Told)row.GetInt32(5),
        row.GetInt64(6) == 0 ? null : new QueueName(row.GetInt64(6), row.GetInt32(7)), row.GetInt32(8) != 0, row.GetInt32(9) != 0, row.GetInt32(10));
}
