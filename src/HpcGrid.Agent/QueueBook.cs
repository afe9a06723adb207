using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>The claimed queue files that are not acknowledged yet, and the jobs of theirs that wait. Belongs to the loop's thread.</summary>
internal sealed class QueueBook(AgentCard card)
{
    private readonly Dictionary<QueueName, QueueRun> _queues = [];
    private readonly LinkedList<JobRun> _waiting = [];
    private readonly HashSet<AttemptId> _active = [];
    private QueueRun? _newest;

    public IReadOnlyCollection<QueueRun> Queues => _queues.Values;
    public int Count => _queues.Count;
    public int WaitingCount => _waiting.Count;

    /// <summary>Running mean of the time that a job takes; null before the first.</summary>
    public double? JobSeconds { get; private set; }

    /// <summary>
    /// How long it takes until nothing waits and one of so many running jobs ends, by the newest file's jobs that have: what those of other files took says
    /// nothing of a long one that has just begun. Null before the first and while nothing runs.
    /// </summary>
    public double? SecondsOfWork(int running) => running == 0 ? null : (WaitingCount + 1) * _newest?.JobSeconds / running;

    /// <summary>A publication failed and did not succeed since.</summary>
    public bool Fails => _queues.Values.Any(queue => queue.Fails);

    /// <summary>It failed because the disk or the quota is full.</summary>
    public bool Full => _queues.Values.Any(queue => queue.Full);

    /// <summary>Of every queue file the final version is in the spool.</summary>
    public bool AllFinal => _queues.Values.All(queue => queue.FinalPublished);

    public void Add(WorkQueue claimed, TimeSpan now)
    {
        var queue = new QueueRun(claimed, now);
        if (!_queues.TryAdd(queue.Name, queue)) return;
        _newest = queue;
        foreach (var run in queue.Jobs) run.Place = _waiting.AddLast(run);
    }

    public QueueRun? Find(QueueName name) => _queues.GetValueOrDefault(name);

    /// <summary>Forgets a file after its acknowledgement; false when it is not over: such an acknowledgement is none of ours.</summary>
    public bool Drop(QueueName name, out IReadOnlyList<string> outputs)
    {
        outputs = [];
        if (!_queues.TryGetValue(name, out var queue)) return true;
        if (!queue.MayBeAcked) return false;
        outputs = [.. queue.Jobs.SelectMany(run => run.SpoolFiles)];
        return _queues.Remove(name);
    }

    /// <summary>Jobs of that attempt; more than one only if the attempt came twice.</summary>
    public IReadOnlyList<JobRun> RunsOf(AttemptId id) => [.. _queues.Values.SelectMany(queue => queue.Jobs).Where(run => run.Job.Id == id)];

    /// <summary>The first jobs that wait, in their order; the one at hand may be taken meanwhile.</summary>
    public IEnumerable<JobRun> Waiting(int atMost)
    {
        for (var node = _waiting.First; node is not null && atMost > 0; atMost--)
        {
            var run = node.Value;
            node = node.Next;
            yield return run;
        }
    }

    public void Take(JobRun run)
    {
        if (run.Place is { } place) _waiting.Remove(place);
        run.Place = null;
    }

    /// <summary>Takes out the jobs of this file that wait, but the first so many.</summary>
    public IReadOnlyList<JobRun> TakeWaiting(QueueName name, int keep)
    {
        List<JobRun> taken = [.. _waiting.Where(run => run.Queue.Name == name).Skip(keep)];
        foreach (var run in taken) Take(run);
        return taken;
    }

    /// <summary>Takes out the jobs that may not begin here.</summary>
    public IReadOnlyList<JobRun> TakeWaiting(Reservation reservation)
    {
        // Asked at every step of the loop: of a file all jobs may begin or none.
        if (_waiting.Count == 0 || _queues.Values.All(queue => reservation.Admits(queue.Header.Gang))) return [];
        List<JobRun> taken = [.. _waiting.Where(run => !reservation.Admits(run.Queue.Header.Gang))];
        foreach (var run in taken) Take(run);
        return taken;
    }

    public IReadOnlyList<JobRun> TakeWaiting()
    {
        List<JobRun> taken = [.. _waiting];
        foreach (var run in taken) Take(run);
        return taken;
    }

    /// <summary>True when this attempt has a slot already: it came twice, and must not run twice at the same time.</summary>
    public bool IsActive(AttemptId id) => _active.Contains(id);

    public void Activate(JobRun run) => _active.Add(run.Job.Id);

    public void Over(JobRun run)
    {
        if (run.IsUntouched) return;
        _active.Remove(run.Job.Id);
        if (run is not { StartedAt: { } from, EndedAt: { } to }) return;
        var seconds = (to - from).TotalSeconds;
        run.Queue.Took(seconds);
        JobSeconds = JobSeconds is { } mean ? mean + (Limits.DurationWeight * (seconds - mean)) : seconds;
    }

    /// <summary>Reports of jobs that are over and in no final version.</summary>
    public IEnumerable<JobReport> Unpublished() =>
        from queue in _queues.Values
        where !queue.FinalPublished
        from run in queue.Jobs
        where run.IsOver && !run.IsUntouched
        select run.Report(card);
}
