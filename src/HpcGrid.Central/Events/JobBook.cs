using HpcGrid.Central.Database;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>What changed since the last look.</summary>
/// <param name="Masters">Whose subjobs changed state or node.</param>
/// <param name="Changes">Jobs whose state changed, as they are now, with the state before.</param>
public sealed record Settled(IReadOnlyCollection<long> Masters, IReadOnlyList<(JobRow Row, JobState Before)> Changes);

/// <summary>
/// All changes of jobs within one transaction: events go to the history, the job's row becomes their fold, and the counts of masters and
/// owners follow. Rows are read in batches and kept while the transaction lasts; they are written by <see cref="Settle"/>, which must be called.
/// Jobs are opened and ended here; what follows from that for others is decided by who calls.
/// </summary>
public sealed class JobBook(Session session, DateTimeOffset now)
{
    private readonly Dictionary<long, JobRow> _rows = [];
    private readonly Dictionary<long, Footprint> _before = [];
    private readonly HashSet<long> _changed = [];
    private (Happening? What, byte[] Text) _lastTold = (null, []);

    /// <summary>The transaction.</summary>
    public Session Session { get; } = session;

    /// <summary>Central's clock at the beginning of the transaction.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>Something is not written yet.</summary>
    public bool HasChanges => _changed.Count > 0;

    /// <summary>Reads many rows at once; later <see cref="Find"/> costs nothing.</summary>
    public void Load(IEnumerable<long> jobs)
    {
        var missing = jobs.Where(job => !_rows.ContainsKey(job)).Distinct().ToList();
        if (missing.Count == 0) return;
        foreach (var row in JobTable.Find(Session, missing)) Keep(row);
    }

    /// <summary>Rows that somebody has just read in this transaction.</summary>
    public void Load(IEnumerable<JobRow> rows)
    {
        foreach (var row in rows)
            if (!_rows.ContainsKey(row.Job)) Keep(row);
    }

    /// <summary>The job as it is now, or null.</summary>
    public JobRow? Find(long job)
    {
        if (!_rows.ContainsKey(job)) Load([job]);
        return _rows.GetValueOrDefault(job);
    }

    /// <summary>The job as one that changes: out of the archive, if it was there.</summary>
    public JobRow Require(long job)
    {
        var row = Find(job) ?? throw new InvalidOperationException($"there is no job {job} to change");
        if (!row.IsArchived) return row;
        ArchiveTable.MoveOut(Session, job);
        return _rows[job] = row with { IsArchived = false };
    }

    /// <summary>Takes in an event that somebody reported of an existing job. False when it was known; then nothing changes.</summary>
    public bool Record(JobEvent @event)
    {
        var row = Require(@event.Job);
        if (!EventTable.Insert(Session, @event, EventTable.Text(@event.What))) return false;
        Change(row with { Known = JobMachine.Apply(row.Known, @event) });
        return true;
    }

    /// <summary>Central's own news of a job, in its current attempt.</summary>
    public void Tell(long job, Happening what)
    {
        var row = Require(job);
        Tell(row, row.Known.Attempt, row.Known.Position.Branch, what);
    }

    /// <summary>Opens the next attempt. Late reports of the last one move the job no more.</summary>
    public void OpenNext(long job, string reason, Tries tries)
    {
        var row = Require(job);
        Tell(row, row.Attempt + 1, 0, new Opened(reason, tries.Shallow, tries.Deep));
    }

    /// <summary>The job runs another description from now on: a node of a DAG, when its inputs are there.</summary>
    public void Describe(long job, long description)
    {
        var row = Require(job);
        JobTable.Describe(Session, job, description);
        _rows[job] = row with { Description = description };
    }

    /// <summary>Opens a master that had ended or was merging, because a subjob runs again.</summary>
    public void Reopen(long master)
    {
        var row = Require(master);
        if (!row.State.IsFinal() && row.State != JobState.Merging) return;
        OpenNext(master, "a subjob runs again", default);
        Tell(master, new SplitUp(row.Subjobs));
    }

    /// <summary>Writes everything back, and says what changed since the last time.</summary>
    public Settled Settle()
    {
        var changes = _changed.Select(job => (Row: _rows[job], _before[job].State)).Where(pair => pair.Row.State != pair.State).ToList();
        CountOwners();
        var settled = new Settled(CountChildren(), changes);
        foreach (var job in _changed)
        {
            JobTable.Update(Session, _rows[job]);
            _before[job] = Footprint.Of(_rows[job]);
        }
        _changed.Clear();
        return settled;
    }

    private void Tell(JobRow row, int attempt, int branch, Happening what)
    {
        var told = row with { Counter = row.Counter + 1 };
        var @event = new JobEvent(row.Job, new EventKey(attempt, branch, EventSource.Central, told.Counter), Now, what);
        // Many jobs are told the same.
        if (!ReferenceEquals(what, _lastTold.What)) _lastTold = (what, EventTable.Text(what));
        if (!EventTable.Insert(Session, @event, _lastTold.Text))
            throw new InvalidOperationException($"central's event {told.Counter} of job {row.Job} is there already");
        Change(told with { Known = JobMachine.Apply(told.Known, @event) });
    }

    private void Keep(JobRow row)
    {
        _rows[row.Job] = row;
        _before[row.Job] = Footprint.Of(row);
    }

    private void Change(JobRow row)
    {
        _rows[row.Job] = row;
        _changed.Add(row.Job);
    }

    private void CountOwners()
    {
        var loads = new Dictionary<string, (long Unfinished, long Active)>();
        foreach (var row in _changed.Select(job => _rows[job]).Where(row => !row.IsMaster))
        {
            var (before, after) = (_before[row.Job].State, row.State);
            var (unfinished, active) = loads.GetValueOrDefault(row.Owner);
            loads[row.Owner] = (unfinished + One(!after.IsFinal()) - One(!before.IsFinal()), active + One(after.IsActive()) - One(before.IsActive()));
        }
        foreach (var (owner, (unfinished, active)) in loads)
            if (unfinished != 0 || active != 0) OwnerLoadTable.Add(Session, owner, unfinished, active);
    }

    private static int One(bool counts) => counts ? 1 : 0;

    private HashSet<long> CountChildren()
    {
        var states = new Dictionary<(long Master, JobState State), long>();
        var nodes = new Dictionary<(long Master, string Node), (long Running, long Ended)>();
        var masters = new HashSet<long>();
        foreach (var job in _changed)
        {
            var (row, before) = (_rows[job], _before[job]);
            if (row.Master is not { } master) continue;
            var after = Footprint.Of(row);
            if (after == before) continue;
            masters.Add(master);
            before.CountInto(master, states, nodes, -1);
            after.CountInto(master, states, nodes, +1);
        }
        foreach (var ((master, state), change) in states)
            if (change != 0) ChildCountTable.Add(Session, master, state, change);
        foreach (var ((master, node), change) in nodes)
            if (change != default) ChildCountTable.AddNode(Session, master, node, change.Running, change.Ended);
        return masters;
    }

    /// <summary>What a subjob adds to its master's counts.</summary>
    private readonly record struct Footprint(JobState State, string? Node)
    {
        public static Footprint Of(JobRow row) => new(row.State, row.Known.Node.IsOf(row.Attempt) ? row.Known.Node.Value : null);

        public void CountInto(long master, Dictionary<(long, JobState), long> states, Dictionary<(long, string), (long Running, long Ended)> nodes, int sign)
        {
            states[(master, State)] = states.GetValueOrDefault((master, State)) + sign;
            if (Node is null) return;
            var (running, ended) = nodes.GetValueOrDefault((master, Node));
            nodes[(master, Node)] = State.IsFinal() ? (running, ended + sign)
                : State is JobState.Started or JobState.Running or JobState.Saving ? (running + sign, ended)
                : (running, ended);
        }
    }
}
