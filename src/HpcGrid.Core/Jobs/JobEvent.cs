using System.Text.Json.Serialization;
using HpcGrid.Core.Data;

namespace HpcGrid.Core.Jobs;

/// <summary>Which kind of component saw it. Part of an event's order, so the numbers are fixed for ever.</summary>
public enum EventSource
{
    Central = 0,
    Bridge = 1,
    Agent = 2,
}

/// <summary>
/// Where an event stands in a job's history: a causal order, never a clock's (R-A63). Unique within a job, so that an event
/// which arrives twice is recognised as the same one (R-A61).
/// </summary>
/// <param name="Attempt">The attempt it belongs to.</param>
/// <param name="Branch">How often this attempt had been handed out again without a new attempt; 0 the first time.</param>
/// <param name="Source">The kind of component that saw it.</param>
/// <param name="Counter">Grows with every event of one source within one branch.</param>
public readonly record struct EventKey(int Attempt, int Branch, EventSource Source, long Counter) : IComparable<EventKey>
{
    public int CompareTo(EventKey other)
    {
        if (Attempt != other.Attempt) return Attempt.CompareTo(other.Attempt);
        if (Branch != other.Branch) return Branch.CompareTo(other.Branch);
        if (Source != other.Source) return Source.CompareTo(other.Source);
        return Counter.CompareTo(other.Counter);
    }

    public static bool operator <(EventKey left, EventKey right) => left.CompareTo(right) < 0;
    public static bool operator >(EventKey left, EventKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(EventKey left, EventKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(EventKey left, EventKey right) => left.CompareTo(right) >= 0;
}

/// <summary>Something that happened to a job: when (its source's clock, for people only), in which order, and what.</summary>
/// <param name="Job">The job.</param>
/// <param name="Key">The place in the job's causal order.</param>
/// <param name="At">The source's wall clock, UTC. Shown, never compared.</param>
/// <param name="What">What happened.</param>
public sealed record JobEvent(long Job, EventKey Key, DateTimeOffset At, Happening What)
{
    /// <summary>The attempt it belongs to.</summary>
    [JsonIgnore] public AttemptId AttemptId => new(Job, Key.Attempt);
}

/// <summary>
/// What can happen to a job. The list is closed: <see cref="JobMachine"/> decides every (state, happening) pair.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(SplitUp), "split")]
[JsonDerivedType(typeof(MergeOrdered), "merge")]
[JsonDerivedType(typeof(Assigned), "assigned")]
[JsonDerivedType(typeof(Requeued), "requeued")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(Running), "running")]
[JsonDerivedType(typeof(Saving), "saving")]
[JsonDerivedType(typeof(Ended), "ended")]
[JsonDerivedType(typeof(ContactChanged), "contact")]
[JsonDerivedType(typeof(Noted), "noted")]
public abstract record Happening;

/// <summary>Central opened an attempt: the job may be given out. The first comes with submission.</summary>
/// <param name="Reason">"submitted", "resubmitted by jdoe", "lease of bridge titan expired": for people.</param>
/// <param name="ShallowCount">New attempts by now, this one included, after failures before the payload started; a resubmission by hand counts anew.</param>
/// <param name="DeepCount">Likewise after failures once it had started.</param>
public sealed record Opened(string Reason, int ShallowCount, int DeepCount) : Happening;

/// <summary>Central made subjobs of this job, which is now their master.</summary>
public sealed record SplitUp(int Subjobs) : Happening;

/// <summary>All subjobs of this master have ended, and central has the outputs of those that are done merged.</summary>
public sealed record MergeOrdered : Happening;

/// <summary>Central gave the attempt to a bridge.</summary>
public sealed record Assigned(string Bridge, string Site) : Happening;

/// <summary>The bridge offers the attempt again, under a new branch, because the node that had it is gone or gave it back.</summary>
public sealed record Requeued(string Reason) : Happening;

/// <summary>An agent took the attempt into a slot and prepares it.</summary>
public sealed record Started(string Node, string Agent) : Happening;

/// <summary>The payload was started on the node.</summary>
public sealed record Running(string Node, string Workdir) : Happening;

/// <summary>The payload has ended well; its outputs are on their way.</summary>
public sealed record Saving : Happening;

/// <summary>
/// The attempt is over. For DONE the outputs are registered in the catalogue in the same transaction.
/// </summary>
public sealed record Ended(JobState State) : Happening
{
    /// <summary>Why, in words; null when there is nothing to say.</summary>
    public string? Reason { get; init; }
    /// <summary>What the payload said and used; null when none ran.</summary>
    public PayloadResult? Payload { get; init; }
    /// <summary>What was saved, with checksums: outputs of a good end, error outputs of ERROR_E and ERROR_V; empty for all others.</summary>
    public IReadOnlyList<SavedOutput> Outputs { get; init; } = [];
    /// <summary>Last bytes of the standard output, for `logs`; empty when it wrote nothing.</summary>
    public string StdoutTail { get; init; } = "";
    /// <summary>Last bytes of the standard error output.</summary>
    public string StderrTail { get; init; } = "";
}

/// <summary>Central lost or regained contact with the bridge that holds the attempt.</summary>
public sealed record ContactChanged(bool Lost) : Happening;

/// <summary>A remark in the job's trace that moves nothing.</summary>
public sealed record Noted(string Text) : Happening
{
    /// <summary>Something that must never happen was seen: an admin has to know. Null for an ordinary remark.</summary>
    public bool? IsAlarm { get; init; }
    /// <summary>Of an end that came after the attempt was over, as of a job its owner has killed: what the payload said and used; null otherwise.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public PayloadResult? Payload { get; init; }
    /// <summary>Last bytes of its standard output; null when it wrote nothing.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? StdoutTail { get; init; }
    /// <summary>Last bytes of its standard error output.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? StderrTail { get; init; }
}
