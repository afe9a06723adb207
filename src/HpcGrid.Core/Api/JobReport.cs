using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Api;

/// <summary>How far an agent is with one job of its queue file.</summary>
public enum ReportStage
{
    /// <summary>In the agent's queue; nothing of it has begun.</summary>
    Queued,
    /// <summary>Its sandbox is being prepared.</summary>
    Started,
    /// <summary>Its payload runs.</summary>
    Running,
    /// <summary>Its payload ended; outputs are being collected on the node.</summary>
    Collecting,
    /// <summary>It is over on the node; Outcome says how.</summary>
    Ended,
}

/// <summary>How a job ended on its node.</summary>
public enum Outcome
{
    /// <summary>Exit 0, validated, all outputs there.</summary>
    Succeeded,
    /// <summary>The payload could not be started, exited non-zero or died of a signal: ERROR_E.</summary>
    ExecutionFailed,
    /// <summary>The validation command did not exit 0: ERROR_V.</summary>
    ValidationFailed,
    /// <summary>An input was missing or had a wrong checksum: ERROR_IB.</summary>
    InputFailed,
    /// <summary>An output was missing or could not be written: ERROR_SV.</summary>
    OutputFailed,
    /// <summary>It passed a limit (its TTL, say) and was stopped: ERROR_E with the reason.</summary>
    LimitExceeded,
    /// <summary>Stopped because its owner killed it or central replaced it.</summary>
    Killed,
    /// <summary>Stopped by the end of the batch job, through no fault of its own.</summary>
    Preempted,
    /// <summary>Given back before anything of it began.</summary>
    HandedBack,
    /// <summary>The grant was refused; nothing was started: ERROR_VER.</summary>
    Refused,
}

/// <summary>What an agent says of one job, in each version of its queue file. Later ones replace earlier ones.</summary>
public sealed record JobReport
{
    public required long Job { get; init; }
    public required int Attempt { get; init; }
    public required int Branch { get; init; }
    public required ReportStage Stage { get; init; }
    /// <summary>Set when Stage is Ended.</summary>
    public Outcome? Outcome { get; init; }
    /// <summary>Handed back though nothing failed: an idle node takes it, or its pilot ends before it could begin. Costs it no try.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool Spared { get; init; }
    /// <summary>Which input, output, limit or signal; in words for the owner.</summary>
    public string? Reason { get; init; }
    public string Node { get; init; } = "";
    public string Agent { get; init; } = "";
    public string Workdir { get; init; } = "";
    /// <summary>When the agent took it into a slot (the node's clock).</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>When the payload was started.</summary>
    public DateTimeOffset? RunningAt { get; init; }
    /// <summary>When the payload had ended.</summary>
    public DateTimeOffset? PayloadEndedAt { get; init; }
    /// <summary>When all was over on the node.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    public PayloadResult? Payload { get; init; }
    /// <summary>Outputs to save, complete before this report names them.</summary>
    public IReadOnlyList<CollectedOutput> Outputs { get; init; } = [];
    /// <summary>What it used when it was last measured; null when it was too short.</summary>
    public JobSample? Sample { get; init; }
    public string StdoutTail { get; init; } = "";
    public string StderrTail { get; init; } = "";

    public AttemptId AttemptId => new(Job, Attempt);
}

/// <summary>An output collected on the node.</summary>
/// <param name="Name">Its name below the job's output directory.</param>
/// <param name="Content">Size and checksum, computed while it was written.</param>
/// <param name="SpoolFile">Its file name in the agent's out/ directory, or null when its bytes ride in the queue file under their SHA-256.</param>
/// <param name="Members">Of an archive: its members.</param>
public sealed record CollectedOutput(string Name, Content Content, string? SpoolFile, IReadOnlyList<CollectedMember> Members);

/// <summary>A member of a collected archive.</summary>
public sealed record CollectedMember(string Name, Content Content);
