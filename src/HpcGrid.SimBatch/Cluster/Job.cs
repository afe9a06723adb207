namespace HpcGrid.SimBatch.Cluster;

/// <summary>Where a job is.</summary>
internal enum Phase
{
    Queued,
    Held,
    Running,
    /// <summary>Its script has ended; its last processes are being killed.</summary>
    Leaving,
    Ended,
}

/// <summary>Why a job is made to end, or null reasons aside, how it ended.</summary>
internal enum Ending
{
    /// <summary>By itself.</summary>
    None,
    Cancelled,
    Walltime,
    NodeFailed,
    Requeued,
}

/// <summary>Which processes of a job get a signal.</summary>
internal enum Reach
{
    Everything,
    /// <summary>The batch script alone.</summary>
    Script,
}

/// <summary>A warning that was asked for, before the end of the walltime.</summary>
internal sealed record Warning(int Signal, TimeSpan Before, Reach Reach);

/// <summary>One step of ending a job: a signal, so long after its end began.</summary>
internal sealed record EndStep(TimeSpan After, int Signal);

/// <summary>What was submitted, as the directives and the command line said.</summary>
internal sealed record JobRequest
{
    public required string Name { get; init; }
    public required string Queue { get; init; }
    public string Account { get; init; } = "";
    public string Qos { get; init; } = "";
    public int Nodes { get; init; } = 1;

    /// <summary>Of each node.</summary>
    public int Cores { get; init; } = 1;

    /// <summary>Of each node; 0: it was not said.</summary>
    public long MemoryMib { get; init; }

    /// <summary>How many tasks the job's launcher starts on a node unless told.</summary>
    public int TasksPerNode { get; init; } = 1;

    /// <summary>Several of its "nodes" may be on one: PBS's chunks, unless they are scattered.</summary>
    public bool IsPacked { get; init; }
    public TimeSpan? Walltime { get; init; }
    public Warning? Warning { get; init; }

    /// <summary>Comes back under its id when its node fails.</summary>
    public bool Requeue { get; init; }
    public bool Held { get; init; }

    /// <summary>It is told a while before it is killed, where that must be asked for.</summary>
    public bool Notify { get; init; }

    /// <summary>Why it can never start; empty when it can.</summary>
    public string Never { get; init; } = "";

    /// <summary>Where it was submitted.</summary>
    public required string Folder { get; init; }

    /// <summary>Where its output goes; patterns are filled in.</summary>
    public required string Output { get; init; }

    /// <summary>Null: with the output.</summary>
    public string? Error { get; init; }
    public bool Append { get; init; }

    /// <summary>Output is kept aside and delivered when the job has ended.</summary>
    public bool Delivered { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Of the submission, as far as this system hands it on.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The script, or the program when <see cref="IsProgram"/>.</summary>
    public required string Script { get; init; }

    /// <summary>There is no script: the words are run as they are.</summary>
    public bool IsProgram { get; init; }
}

/// <summary>A job of the simulated batch system. Changed by <see cref="JobRules"/> alone.</summary>
internal sealed record Job
{
    public required long Id { get; init; }
    public required string User { get; init; }
    public required JobRequest Request { get; init; }
    public Phase Phase { get; init; }
    public required DateTimeOffset Submitted { get; init; }
    public DateTimeOffset? Started { get; init; }
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The nodes it runs or ran on.</summary>
    public IReadOnlyList<string> On { get; init; } = [];

    /// <summary>Its first process, and when that started (clock ticks since boot): together its name for ever.</summary>
    public int Process { get; init; }
    public long ProcessStarted { get; init; }

    /// <summary>As a shell tells it: 128 and the signal for one that was killed.</summary>
    public int ExitCode { get; init; }
    public Ending Ending { get; init; }
    public DateTimeOffset? EndingSince { get; init; }
    public int StepsDone { get; init; }
    public bool Warned { get; init; }
    public int Restarts { get; init; }

    /// <summary>Steps that its launchers have started.</summary>
    public int Steps { get; init; }

    public bool IsActive => Phase is Phase.Running or Phase.Leaving;

    public bool WaitsToStart => Phase == Phase.Queued && Request.Never.Length == 0;
}
