using System.Text.Json.Serialization;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Spool;

/// <summary>
/// What a bridge tells one agent, as in/m[seq].e[epoch].[kind] (K1). Each may arrive late, twice or after another one:
/// it names what it is about, so that applying it again changes nothing. The bridge repeats it under a new number until it sees its effect.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Ack), "ack")]
[JsonDerivedType(typeof(Start), "start")]
[JsonDerivedType(typeof(Kill), "kill")]
[JsonDerivedType(typeof(Drain), "drain")]
[JsonDerivedType(typeof(Fenced), "fenced")]
[JsonDerivedType(typeof(Peek), "peek")]
[JsonDerivedType(typeof(Yield), "yield")]
[JsonDerivedType(typeof(Reserve), "reserve")]
[JsonDerivedType(typeof(Release), "release")]
[JsonDerivedType(typeof(Saved), "saved")]
public abstract record ControlMessage
{
    /// <summary>The kind as it stands in the file name.</summary>
    [JsonIgnore]
    public string Kind => this switch
    {
        Ack => "ack",
        Start => "start",
        Kill => "kill",
        Drain => "drain",
        Fenced => "fenced",
        Peek => "peek",
        Yield => "yield",
        Reserve => "reserve",
        Release => "release",
        Saved => "saved",
        _ => throw new InvalidOperationException($"{GetType().Name} has no kind"),
    };
}

/// <summary>B4: the final version of this file is committed; the agent deletes all it has of it.</summary>
public sealed record Ack(QueueName Queue) : ControlMessage;

/// <summary>A3, start mode acked: the bridge has seen version 1; begin.</summary>
public sealed record Start(QueueName Queue) : ControlMessage;

/// <summary>Stop this attempt; of a job that has ended, nothing.</summary>
public sealed record Kill(AttemptId Id) : ControlMessage;

/// <summary>Claim and start nothing more, finish what runs, hand the rest back.</summary>
public sealed record Drain : ControlMessage;

/// <summary>F3: the bridge has given this agent up. Kill the children, publish nothing, exit.</summary>
public sealed record Fenced : ControlMessage;

/// <summary>K2: look into the sandbox of this attempt and publish what is seen as out/peek.[order].</summary>
/// <param name="Order">Names the order and its answer.</param>
/// <param name="Id">The attempt.</param>
/// <param name="What">What to look at.</param>
/// <param name="Path">Of a file, relative to the sandbox.</param>
/// <param name="Offset">The first byte wanted; negative counts from the end.</param>
public sealed record Peek(Guid Order, AttemptId Id, PeekKind What, string Path, long Offset) : ControlMessage;

/// <summary>Others are idle: hand back all jobs of this file that have not begun, but the first so many.</summary>
/// <param name="Queue">The queue file.</param>
/// <param name="Keep">How many that have not begun stay.</param>
public sealed record Yield(QueueName Queue, int Keep) : ControlMessage;

/// <summary>J1: keep the node for a job over several nodes: begin nothing else, hand back what has not begun, and say so in the heartbeat.</summary>
/// <param name="Gang">Its number; a gang of a higher number takes the place of one of a lower.</param>
/// <param name="First">This agent claims the job, when it is offered, and runs it.</param>
public sealed record Reserve(long Gang, bool First) : ControlMessage;

/// <summary>J3: the gang is no more. What its first agent has of the job is stopped and handed back.</summary>
/// <param name="Gang">Its number.</param>
public sealed record Release(long Gang) : ControlMessage;

/// <summary>
/// B4, ahead of the file's end: what this attempt wrote is where it belongs, and its large outputs may go. Said when the spool is full: the room they
/// take may be what the other jobs of the file need to end.
/// </summary>
/// <param name="Id">The attempt.</param>
public sealed record Saved(AttemptId Id) : ControlMessage;
