using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Outputs;
using HpcGrid.Agent.Peeks;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Jobs;

/// <summary>How far one job is in this agent.</summary>
internal enum RunStage
{
    Waiting,
    /// <summary>Its inputs are being put in place.</summary>
    Preparing,
    /// <summary>Its payload or validation is being started, or will be in a moment: its program is held open by a child that has not called exec yet.</summary>
    Starting,
    /// <summary>Its payload or validation runs.</summary>
    Running,
    /// <summary>Its payload or validation has ended; processes it left are being killed.</summary>
    Sweeping,
    /// <summary>Its outputs are being collected.</summary>
    Collecting,
    Ended,
}

/// <summary>An order to stop a job before its time.</summary>
/// <param name="Outcome">What it ends with.</param>
/// <param name="Reason">In words for its owner.</param>
/// <param name="Cause">In one word.</param>
/// <param name="AtOnce">KILL without TERM and grace.</param>
internal sealed record StopOrder(Outcome Outcome, string Reason, PayloadCause Cause, bool AtOnce);

/// <summary>One job of a claimed queue file, from its row to its report. Belongs to the loop's thread.</summary>
internal sealed class JobRun(QueueRun queue, QueuedJob job)
{
    public QueueRun Queue { get; } = queue;
    public QueuedJob Job { get; } = job;
    public string Mark { get; } = JobEnvironment.Mark(job.Id);
    public JobSpec? Spec { get; set; }

    /// <summary>GPUs it holds, perhaps none of them; null while it has no slot.</summary>
    public HeldGpus? Gpus { get; set; }

    /// <summary>Its nodes, once it has a sandbox; null for a job on one.</summary>
    public GangPlace? Gang { get; set; }

    /// <summary>Its place among those that wait; null when it does not.</summary>
    public LinkedListNode<JobRun>? Place { get; set; }

    /// <summary>By which keys its grant is good, and when; null when that is not known.</summary>
    public (VerificationKeys Keys, Validity Validity)? Verified { get; set; }

    /// <summary>Keys were read once more on its account.</summary>
    public bool KeysAsked { get; set; }
    public RunStage Stage { get; set; }
    public Sandbox? Sandbox { get; set; }

    /// <summary>Payload or validation command while Running or Sweeping.</summary>
    public int ProcessId { get; set; }
    /// <summary>Inherited by all processes of its payload and validation; null where the node has none, and before the first is started.</summary>
    public ulong? Brand { get; set; }

    /// <summary>Its control group; null where there are none, and before its first command.</summary>
    public JobGroup? Group { get; set; }

    /// <summary>By what its processes are found.</summary>
    public Kinship Kin => new(ProcessId, Mark, Brand) { Group = Group };
    public bool Validating { get; set; }
    /// <summary>When the current command was started.</summary>
    public TimeSpan CommandStarted { get; set; }
    /// <summary>When its slot ends, as it was started; null when no end is known.</summary>
    public TimeSpan? SlotEnd { get; set; }
    /// <summary>When it has taken too long.</summary>
    public TimeSpan LimitAt { get; set; }
    /// <summary>What it used, as it was measured.</summary>
    public JobUse Use { get; } = new();
    public long RunningTimestamp { get; set; }
    /// <summary>Next time something is to be done without anything happening.</summary>
    public TimeSpan Due { get; set; } = TimeSpan.MaxValue;
    public TimeSpan Pause { get; set; }
    public int Tries { get; set; }
    public StopOrder? Stop { get; set; }
    public ChildExit? Exit { get; set; }
    public Sweep? Found { get; set; }
    public List<string> SpoolFiles { get; } = [];

    /// <summary>Its large outputs that are in the spool while others are not yet; by their own names.</summary>
    public IReadOnlyDictionary<string, CollectedOutput> Written { get; set; } = new Dictionary<string, CollectedOutput>();

    /// <summary>Why the spool did not take an output at the last try; None when it did.</summary>
    public Errno OutputTrouble { get; set; }

    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? RunningAt { get; set; }
    public DateTimeOffset? PayloadEndedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public PayloadResult? Payload { get; set; }
    public Outcome? Outcome { get; set; }
    /// <summary>Handed back though nothing failed.</summary>
    public bool Spared { get; set; }
    public string? Reason { get; set; }
    public IReadOnlyList<CollectedOutput> Outputs { get; set; } = [];
    public string StdoutTail { get; set; } = "";
    public string StderrTail { get; set; } = "";

    /// <summary>Nothing of it has begun.</summary>
    public bool IsUntouched => StartedAt is null;

    public bool IsOver => Stage == RunStage.Ended;

    /// <summary>Its start is under way: a process of it may live, or not.</summary>
    public bool IsBeingStarted => Stage == RunStage.Starting && Due == TimeSpan.MaxValue;

    /// <summary>Where its owner can look; null when there is nothing to see yet or any more.</summary>
    public PeekTarget? Target => Sandbox is { } sandbox && !IsOver && RunningAt is not null
        ? new PeekTarget(sandbox.Path, Kin, PayloadEndedAt is null)
        : null;

    /// <summary>A text for people, short enough for a report.</summary>
    public static string Cut(string text) => text.Length <= Limits.ReasonCharacters ? text : string.Concat(text.AsSpan(0, Limits.ReasonCharacters), "…");

    public JobReport Report(AgentCard card) => new()
    {
        Job = Job.Id.Job,
        Attempt = Job.Id.Attempt,
        Branch = Job.Branch,
        Stage = Stage switch
        {
            RunStage.Waiting => ReportStage.Queued,
            RunStage.Preparing => ReportStage.Started,
            RunStage.Starting => Validating ? ReportStage.Collecting : ReportStage.Started,
            RunStage.Running => Validating ? ReportStage.Collecting : ReportStage.Running,
            RunStage.Sweeping or RunStage.Collecting => ReportStage.Collecting,
            _ => ReportStage.Ended,
        },
        Outcome = Outcome,
        Spared = Spared,
        Reason = Reason,
        Node = card.Node,
        Agent = card.Agent,
        Workdir = Sandbox?.Path ?? "",
        StartedAt = StartedAt,
        RunningAt = RunningAt,
        PayloadEndedAt = PayloadEndedAt,
        EndedAt = EndedAt,
        Payload = Payload,
        Outputs = Outputs,
        Sample = Use.Sample,
        StdoutTail = StdoutTail,
        StderrTail = StderrTail,
    };
}
