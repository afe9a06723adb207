namespace HpcGrid.Agent.Jobs;

/// <summary>What is free on the node, and which GPUs are whose. Belongs to the loop's thread.</summary>
internal sealed class NodeRoom
{
    private readonly Room _whole;
    private readonly GpuBoard _gpus;
    private (JobRun Run, TimeSpan Since)? _first;

    public NodeRoom(Room whole)
    {
        _whole = Free = whole;
        _gpus = new GpuBoard(whole.Counters);
    }

    public Room Free { get; private set; }

    /// <summary>Whole cores that could go to new jobs.</summary>
    public int IdleCores => Math.Max(0, Free.Cores);

    /// <summary>Nothing can be started, however small.</summary>
    public bool IsFull => Free.CoreShare <= 0;

    /// <summary>False when a job that needs more than is free has been overtaken for long enough.</summary>
    public bool MayStart(JobRun run, TimeSpan now) => _first is not { } first || first.Run == run || AgentRules.MayOvertake(first.Since, now);

    /// <summary>Takes what the job needs when it is free (Now); remembers since when the first that does not fit waits (Later).</summary>
    public Fit Take(JobRun run, TimeSpan? left, TimeSpan now)
    {
        var need = run.Spec!.Resources;
        var fit = AgentRules.FitOf(need, Free, _whole, left);
        if (fit == Fit.Now && (run.Gpus = _gpus.Take(need)) is null) fit = Fit.Later;
        if (fit == Fit.Now) Free = Free.Without(AgentRules.ShareOf(need, _whole));
        if (fit == Fit.Later) _first ??= (run, now);
        else if (_first?.Run == run) _first = null;
        return fit;
    }

    /// <summary>A job that was waiting will not be started here.</summary>
    public void Forget(JobRun run)
    {
        if (_first?.Run == run) _first = null;
    }

    /// <summary>A job that took room is over.</summary>
    public void Give(JobRun run)
    {
        if (run.Spec is not { } spec || run.Gpus is not { } gpus) return;
        Free = Free.With(AgentRules.ShareOf(spec.Resources, _whole));
        _gpus.Give(gpus);
        run.Gpus = null;
    }
}
