using HpcGrid.Bridge.Gangs;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Queues;

/// <summary>
/// B1 and B2: ready jobs go into queue files, the ledger first. As many files lie in the pool as agents may soon claim, and no more; jobs
/// that wait meanwhile make the next files larger. A file whose publication failed or was cut short by a crash is looked for; when it is seen
/// it is offered, otherwise its jobs go into the next generation, because a name is never published twice.
/// </summary>
internal sealed class OfferStep(LedgerDatabase ledger, BridgeSpool spool, QueueWriter writer, Fleet fleet, OfferSizing sizing, Pace pace) : BridgeStep
{
    private readonly List<QueueName> _published = [];
    private readonly HashSet<QueueName> _publishing = [];
    private readonly Dictionary<JobShape, TimeSpan> _gathering = [];
    private TimeSpan _notBefore, _settledFrom;

    /// <summary>Gangs that wait for their job.</summary>
    public Func<IReadOnlyList<CompleteGang>> Gangs { get; set; } = () => [];

    /// <summary>No more offers: the bridge drains.</summary>
    public bool Stopped { get; set; }

    public override void Run(Tick tick)
    {
        foreach (var name in _published)
        {
            // An agent may have been quicker than this transaction.
            if (ledger.Queues.Find(name) is { Stage: QueueStage.Offering }) ledger.Queues.SetStage(name, QueueStage.Offered);
            _publishing.Remove(name);
        }
        _published.Clear();
        Settle(tick);
        if (Stopped || tick.Monotonic < _notBefore) return;
        foreach (var gang in Gangs()) OfferTo(gang, tick);
        Offer(tick);
    }

    public override void Forget()
    {
        _published.Clear();
        _publishing.Clear();
    }

    /// <summary>Offers whose publication is not known to have happened.</summary>
    private void Settle(Tick tick)
    {
        var unsettled = ledger.Queues.InStage(QueueStage.Offering).Where(queue => !_publishing.Contains(queue.Name)).ToList();
        if (unsettled.Count == 0 || tick.Monotonic < _notBefore || tick.Monotonic < _settledFrom) return;
        var pool = spool.ListPool();
        if (!pool.Complete) throw pool.Errno.ToGridError("listing the pool");
        // Claims are listed after the pool: a file on its way from one to the other is seen in one of them.
        var claims = fleet.Agents.Select(agent => spool.Agents.Observe(new AgentPlace(agent.Row.Agent))).ToList();
        if (claims.Find(look => look.Errno != Errno.None && !look.Errno.IsAbsent()) is { } failed)
        {
            // One directory that cannot be read stops what may be in it, and not the whole bridge.
            _settledFrom = tick.Monotonic + Limits.SettleAgain;
            Log.Warning("{Count} offers wait until the claims of {Agent} can be listed: {Errno}", unsettled.Count, failed.Place.Agent, failed.Errno.Describe());
            return;
        }
        var seen = pool.Items.Select(entry => entry.Name).Concat(claims.SelectMany(look => look.Claims)).ToHashSet();
        foreach (var queue in unsettled)
        {
            if (seen.Contains(queue.Name))
            {
                ledger.Queues.SetStage(queue.Name, QueueStage.Offered);
                continue;
            }
            Log.Information("queue file {Queue} was not published; its {Count} jobs go into another", queue.Name, queue.Rows);
            ledger.Jobs.Unoffer(queue.Name);
            ledger.Queues.SetStage(queue.Name, QueueStage.Replaced);
        }
    }

    private void Offer(Tick tick)
    {
        var unclaimed = ledger.Queues.InPool();
        var room = sizing.RoomInPool(unclaimed);
        if (room <= 0) return;
        foreach (var (shape, jobs) in ledger.Jobs.ReadyShapes())
        {
            var (bulk, mayGather) = sizing.InBulk(shape.Need, unclaimed);
            for (var left = jobs; left > 0;)
            {
                if (left < bulk && mayGather && Gathers(shape, tick)) break;
                if (room-- <= 0) return;
                var taken = OfferOne(shape, Math.Max(Math.Min(left, bulk), sizing.Rows(left, shape.Need, tick)), tick);
                if (taken == 0) break;
                left -= taken;
            }
        }
    }

    /// <summary>Waits for more jobs of one shape, for a while: it may be that no more come.</summary>
    private bool Gathers(JobShape shape, Tick tick)
    {
        if (!_gathering.TryGetValue(shape, out var since)) _gathering[shape] = since = tick.Monotonic;
        var rest = since + Limits.GatherAtMost - tick.Monotonic;
        if (rest > TimeSpan.Zero) tick.ComeBackIn(rest);
        else _gathering.Remove(shape);
        return rest > TimeSpan.Zero;
    }

    /// <summary>The number of jobs that left the stage Ready; 0 when none could go.</summary>
    private int OfferOne(JobShape shape, int rows, Tick tick)
    {
        _gathering.Remove(shape);
        var load = writer.Load(ledger.Assignments.Ready(shape, rows));
        Enqueue(shape, load, null, tick);
        return load.Jobs.Count + load.Unstaged.Count;
    }

    /// <summary>J2: the job that a gang was brought together for.</summary>
    private void OfferTo(CompleteGang gang, Tick tick)
    {
        var row = gang.Row.Row;
        if (ledger.Jobs.FindRow(row) is not { Stage: JobStage.Ready } job || ledger.Jobs.ReadyGangs().Find(wish => wish.Row == row) is not { } wish) return;
        var shape = new JobShape(job.Queue?.Id ?? 0, job.Repeatable, wish.Need);
        if (Enqueue(shape, writer.Load(ledger.Assignments.Ready(row)), gang.Place, tick)) ledger.Gangs.SetStage(gang.Row.Number, GangStage.Offered);
    }

    /// <summary>B1; false when no job could go, because inputs must be fetched again.</summary>
    private bool Enqueue(JobShape shape, QueueLoad load, Gang? gang, Tick tick)
    {
        foreach (var row in load.Unstaged) ledger.Jobs.SetStage(row, JobStage.Assigned);
        if (load.Jobs.Count == 0) return false;
        // An old copy of a ledger does not know the last generations of what was offered before this takeover.
        var name = shape.Origin > spool.Epoch * Limits.NumbersPerEpoch
            ? new QueueName(shape.Origin, ledger.Queues.LastGeneration(shape.Origin) + 1)
            : new QueueName(ledger.Facts.Next("queue"), 1);
        ledger.Queues.Add(name, !shape.Repeatable, load.Jobs.Count);
        foreach (var job in load.Jobs) ledger.Jobs.Enqueue(job.Row, name);
        _publishing.Add(name);
        tick.AfterCommit(() => Publish(name, shape, load, gang, tick));
        return true;
    }

    private void Publish(QueueName name, JobShape shape, QueueLoad load, Gang? gang, Tick tick)
    {
        var need = shape.Need;
        var entry = new PoolEntry(name, need.Cores, need.MemoryMib, need.TtlSeconds, load.Jobs.Count) { Counters = need.Counters, Gang = gang?.Number ?? 0 };
        var errno = spool.Offer(entry, writer.Write(name, shape, load, gang));
        if (errno == Errno.None)
        {
            _published.Add(name);
            pace.Expect();
            return;
        }
        _publishing.Remove(name);
        _notBefore = tick.Monotonic + Limits.CentralPause;
        Log.Error("queue file {Queue} could not be published: {Errno}", name, errno.Describe());
    }
}
