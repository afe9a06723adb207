namespace HpcGrid.Core.Jobs;

/// <summary>
/// The rules of a job's life. <see cref="Apply"/> decides what an event makes of a job; it touches nothing.
/// Promise: the result of folding a set of events does not depend on their order, nor on how often each comes; and when the
/// events that end a history are there, losing some in its middle changes no state (R-A61, R-A62, R-A64).
/// How: every event proves a <see cref="Position"/>, and a job keeps the greatest. A report of an old attempt is smaller than
/// the opening of the new one, so it cannot move the state; it still fills gaps.
/// </summary>
public static class JobMachine
{
    /// <summary>What the event makes of the job. Never throws: every (state, happening) pair is decided.</summary>
    public static Job Apply(Job job, JobEvent @event)
    {
        var key = @event.Key;
        var proven = Proves(key, @event.What);
        var moved = proven is { } position && position > job.Position ? job with { Position = position } : job;
        if (moved.Attempt > job.Attempt) moved = moved with { RunningBranches = [] };
        return Tell(moved, key, @event);
    }

    /// <summary>Folds a whole history.</summary>
    public static Job Replay(long job, IEnumerable<JobEvent> events) => events.Aggregate(Job.Unknown(job), Apply);

    /// <summary>True when the event can no longer move this job: its attempt is over or replaced. It is stored, not obeyed.</summary>
    public static bool IsStale(Job job, EventKey key) =>
        key.Attempt < job.Attempt || (key.Attempt == job.Attempt && job.Position.Final);

    /// <summary>The position an event proves, or null when it proves none, as an end in a state that is no end.</summary>
    public static Position? Proves(EventKey key, Happening what) => what switch
    {
        Opened => new Position(key.Attempt, false, key.Branch, 0, JobState.Waiting),
        SplitUp => new Position(key.Attempt, false, key.Branch, 1, JobState.Split),
        MergeOrdered => new Position(key.Attempt, false, key.Branch, 2, JobState.Merging),
        Assigned => new Position(key.Attempt, false, key.Branch, 1, JobState.Assigned),
        Requeued => new Position(key.Attempt, false, key.Branch, 1, JobState.Assigned),
        Started => new Position(key.Attempt, false, key.Branch, 2, JobState.Started),
        Running => new Position(key.Attempt, false, key.Branch, 3, JobState.Running),
        Saving => new Position(key.Attempt, false, key.Branch, 4, JobState.Saving),
        Ended { State: var end } => end.IsFinal() ? new Position(key.Attempt, true, key.Branch, EndRank(end), end) : null,
        ContactChanged => null,
        Noted => null,
        _ => throw new InvalidOperationException($"{what.GetType().Name} is not a happening JobMachine knows"),
    };

    /// <summary>
    /// Central refuses an end when the attempt has one already, so two ends of one attempt meet only when a kill and a
    /// result crossed. The kill wins, because nothing was registered for it; otherwise success does. Every state has a rank of
    /// its own, so that the end that counts is the same whether positions or keys are compared.
    /// </summary>
    private static int EndRank(JobState state) => state switch
    {
        JobState.Killed => 100,
        JobState.Done => 99,
        JobState.DoneWarn => 98,
        _ => 50 + (int)state,
    };

    /// <summary>
    /// The key under which an end tells its reason, time and payload: above all branches of its attempt, and above the end that
    /// does not count. Otherwise the reason of a requeue, which has a later branch, would be shown for a kill.
    /// </summary>
    private static EventKey Lifted(EventKey key, JobState end)
    {
        const int bitsOfBranch = 24;
        return key with { Branch = (EndRank(end) << bitsOfBranch) + Math.Min(key.Branch, (1 << bitsOfBranch) - 1) };
    }

    private static Job Tell(Job job, EventKey key, JobEvent @event) => @event.What switch
    {
        Opened opened => job with
        {
            Tries = job.Tries.Or(key, new Tries(opened.ShallowCount, opened.DeepCount)),
            Reason = job.Reason.Or(key, opened.Reason),
        },
        SplitUp or MergeOrdered => job,
        Assigned assigned => job with
        {
            Bridge = job.Bridge.Or(key, assigned.Bridge),
            Site = job.Site.Or(key, assigned.Site),
        },
        Requeued requeued => job with { Reason = job.Reason.Or(key, requeued.Reason) },
        Started started => job with { Node = job.Node.Or(key, started.Node) },
        Running running => job with
        {
            Node = job.Node.Or(key, running.Node),
            StartedAt = job.StartedAt.Or(key, @event.At),
            RunningBranches = WithBranch(job, key),
        },
        Saving => job,
        Ended { State: var end } when !end.IsFinal() => job,
        Ended ended => job with
        {
            Reason = job.Reason.Or(Lifted(key, ended.State), ended.Reason),
            EndedAt = job.EndedAt.Or(Lifted(key, ended.State), @event.At),
            Payload = job.Payload.Or(Lifted(key, ended.State), ended.Payload),
        },
        ContactChanged contact => job with { Contact = job.Contact.Or(key, contact.Lost) },
        Noted => job,
        _ => job,
    };

    private static IReadOnlyList<int> WithBranch(Job job, EventKey key) =>
        key.Attempt != job.Attempt || job.RunningBranches.Contains(key.Branch)
            ? job.RunningBranches
            : [.. job.RunningBranches.Append(key.Branch).Order()];
}
