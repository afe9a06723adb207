namespace HpcGrid.SimBatch.Cluster;

/// <summary>What a running job is due for.</summary>
internal abstract record Deed
{
    /// <summary>Its processes get a signal.</summary>
    public sealed record Signal(int Number, Reach Reach) : Deed;

    /// <summary>Nothing.</summary>
    public sealed record Wait : Deed;
}

/// <summary>What happens to a job when. Pure.</summary>
internal static class JobRules
{
    /// <summary>Signals of one job in time: the warning, then the steps of its end. Asked again until there is nothing due.</summary>
    public static (Job Job, Deed Deed) Next(Job job, DateTimeOffset now, Func<Ending, IReadOnlyList<EndStep>> steps, ClusterSetup setup)
    {
        if (job.Phase != Phase.Running) return (job, new Deed.Wait());
        var ends = EndOf(job, setup.Minute);
        if (job is { Ending: Ending.None, Warned: false, Request.Warning: { } warning } && ends is { } end
            && now >= end - (warning.Before * (setup.Minute / 60)))
            return (job with { Warned = true }, new Deed.Signal(warning.Signal, warning.Reach));
        if (job.Ending == Ending.None && now >= ends) job = Begin(job, Ending.Walltime, now);
        if (job.Ending == Ending.None) return (job, new Deed.Wait());
        var todo = steps(job.Ending);
        return job.StepsDone < todo.Count && now >= job.EndingSince + (todo[job.StepsDone].After * (setup.Grace / 60))
            ? (job with { StepsDone = job.StepsDone + 1 }, new Deed.Signal(todo[job.StepsDone].Signal, Reach.Everything))
            : (job, new Deed.Wait());
    }

    /// <summary>When its walltime is over; null before it starts, and without one.</summary>
    /// <param name="job">The job.</param>
    /// <param name="minute">Seconds that a minute of the batch system takes.</param>
    public static DateTimeOffset? EndOf(Job job, double minute) =>
        job is { Started: { } started, Request.Walltime: { } walltime } ? started + (walltime * (minute / 60)) : null;

    /// <summary>Its end begins; the first reason counts.</summary>
    public static Job Begin(Job job, Ending why, DateTimeOffset now) =>
        job.Ending != Ending.None ? job : job with { Ending = why, EndingSince = now, StepsDone = 0 };

    public static Job Start(Job job, IReadOnlyList<string> nodes, (int Id, long Started) process, DateTimeOffset now) => job with
    {
        Phase = Phase.Running,
        On = nodes,
        Started = now,
        Process = process.Id,
        ProcessStarted = process.Started,
        Ending = Ending.None,
        EndingSince = null,
        StepsDone = 0,
        Warned = false,
    };

    /// <summary>Its script has ended.</summary>
    public static Job Leave(Job job, int exitCode) => job with { Phase = Phase.Leaving, ExitCode = exitCode };

    /// <summary>None of its processes is left. One that is requeued waits again, under its id.</summary>
    public static Job End(Job job, DateTimeOffset now) => job.Ending == Ending.Requeued || (job.Ending == Ending.NodeFailed && job.Request.Requeue)
        ? job with { Phase = Phase.Queued, On = [], Started = null, Process = 0, Ending = Ending.None, EndingSince = null, Restarts = job.Restarts + 1 }
        : job with { Phase = Phase.Ended, Ended = now };

    /// <summary>One that never ran is cancelled.</summary>
    public static Job Drop(Job job, DateTimeOffset now) => job with { Phase = Phase.Ended, Ended = now, Ending = Ending.Cancelled };

    /// <summary>Which of the nodes a job gets: those with room, in order; null when there are too few.</summary>
    public static IReadOnlyList<string>? Place(JobRequest request, IReadOnlyList<Node> nodes, IEnumerable<Job> jobs)
    {
        var used = new Dictionary<string, int>();
        foreach (var job in jobs.Where(job => job.IsActive))
            foreach (var node in job.On) used[node] = used.GetValueOrDefault(node) + job.Request.Cores;
        var free = nodes.Where(node => node.Up)
            .SelectMany(node => Enumerable.Repeat(node.Name, Math.Clamp((node.Cores - used.GetValueOrDefault(node.Name)) / request.Cores, 0, request.IsPacked
                ? int.MaxValue : 1)))
            .Take(request.Nodes).ToList();
        return free.Count == request.Nodes ? free : null;
    }
}

/// <summary>A simulated compute node.</summary>
internal sealed record Node(string Name, int Cores, bool Up);
