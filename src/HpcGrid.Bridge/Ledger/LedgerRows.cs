using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Ledger;

/// <summary>How far a job is with this bridge. The row goes when its end stands in the outbox.</summary>
public enum JobStage
{
    /// <summary>Taken from central; some input may be missing here.</summary>
    Assigned = 0,
    /// <summary>Its inputs are at hand; it waits for a queue file.</summary>
    Ready = 1,
    /// <summary>In a queue file.</summary>
    Queued = 2,
    /// <summary>Its result is committed; outputs are on their way.</summary>
    Saving = 3,
}

/// <summary>What has been told of a job's current branch; only more is told.</summary>
public enum Told
{
    Nothing = 0,
    Started = 1,
    Running = 2,
}

/// <summary>The part of a job's row that changes.</summary>
/// <param name="Row">Row number: the order in which central gave the jobs.</param>
/// <param name="Id">The attempt.</param>
/// <param name="Branch">How often it was offered again.</param>
/// <param name="Stage">Where it is.</param>
/// <param name="Told">What central was told of this branch.</param>
/// <param name="Queue">The queue file it is in, or was in last; null before the first.</param>
/// <param name="Repeatable">False: strict mode.</param>
/// <param name="Spared">How many of its branches ended though nothing failed: an idle node took it, a pilot ended before it began.</param>
/// <param name="Killed">It must end; the end is KILLED unless it was quicker.</param>
public sealed record HeldJob(long Row, AttemptId Id, int Branch, JobStage Stage, Told Told, QueueName? Queue, bool Repeatable, bool Killed, int Spared);

/// <summary>How much work is held.</summary>
/// <param name="Jobs">Jobs whose payload has not ended.</param>
/// <param name="Cores">The cores they ask for, on all their nodes.</param>
public sealed record Holding(long Jobs, long Cores)
{
    public Holding With(long jobs, long cores) => new(Jobs + jobs, Cores + cores);
}

/// <summary>What makes two jobs fit for one queue file.</summary>
/// <param name="Origin">The queue they were offered in before; 0 for jobs offered the first time.</param>
public sealed record JobShape(long Origin, bool Repeatable, Resources Need);

/// <summary>What goes into a queue file of one job.</summary>
/// <param name="Riders">SHA-256 of the small inputs that ride along.</param>
public sealed record ReadyJob(long Row, AttemptId Id, int Branch, byte[] Spec, string Grant, IReadOnlyList<string> Riders);

/// <summary>A job whose inputs are not known to be here.</summary>
public sealed record UnstagedJob(long Row, AttemptId Id, int Branch, IReadOnlyList<SourceFile> Sources, string Token);

/// <summary>An assignment with what the ledger needs to know of its specification.</summary>
public sealed record IncomingJob(Assignment Assignment, Resources Need, bool Repeatable);

/// <summary>The life of a queue file as the bridge knows it.</summary>
public enum QueueStage
{
    /// <summary>B1 is committed; B2 may or may not have happened.</summary>
    Offering = 0,
    /// <summary>In the pool, or claimed unseen.</summary>
    Offered = 1,
    /// <summary>Seen in an agent's claim directory.</summary>
    Claimed = 2,
    /// <summary>Its final version is committed; not acked because outputs may still lie on the spool.</summary>
    Closed = 3,
    /// <summary>The agent was told that it may forget it.</summary>
    Acked = 4,
    /// <summary>Given up: its unfinished jobs are offered elsewhere. What still comes of it is stale.</summary>
    Replaced = 5,
    /// <summary>Nobody has anything of it any more; kept only while its number is some job's origin, so that no generation is named twice.</summary>
    Over = 6,
}

/// <summary>One queue file.</summary>
/// <param name="Agent">Who claimed it; null before.</param>
/// <param name="Rows">Jobs in it.</param>
public sealed record QueueRow(QueueName Name, QueueStage Stage, string? Agent, bool Strict, int Rows);

/// <summary>The life of a gang (J1 to J3).</summary>
public enum GangStage
{
    /// <summary>Its agents empty their nodes.</summary>
    Gathering = 0,
    /// <summary>Its job is in a queue file for its first agent.</summary>
    Offered = 1,
    /// <summary>A node of it is lost; its first agent stops the job, or the offer is taken back.</summary>
    Dissolving = 2,
}

/// <summary>Agents of one pilot kept for one job.</summary>
/// <param name="Number">Grows; never used twice.</param>
/// <param name="Row">The job's row.</param>
/// <param name="Branch">The job's branch when they were brought together.</param>
/// <param name="Members">Agents; the first runs the job.</param>
public sealed record GangRow(long Number, long Row, int Branch, IReadOnlyList<string> Members, GangStage Stage);

/// <summary>An agent's life as the bridge judges it.</summary>
public enum AgentStage
{
    /// <summary>Listed as live.</summary>
    Live = 0,
    /// <summary>Given up; not yet sure that it is gone (F1, F2).</summary>
    Fencing = 1,
    /// <summary>Swept for the first time (F4); swept again until GC (F5).</summary>
    Fenced = 2,
}

/// <summary>One agent.</summary>
/// <param name="Strong">The batch system has confirmed that it is gone.</param>
/// <param name="Since">When it came to this stage.</param>
public sealed record AgentRow(string Agent, string Node, string Pilot, string BatchId, AgentStage Stage, bool Strong, DateTimeOffset Since, string Reason);

/// <summary>A pilot's life.</summary>
public enum PilotStage
{
    /// <summary>The tag is stored; the batch system may or may not have it.</summary>
    Submitting = 0,
    Queued = 1,
    Running = 2,
    Ended = 3,
}

/// <summary>One pilot.</summary>
public sealed record PilotRow(string Tag, string? BatchId, PilotStage Stage, DateTimeOffset SubmittedAt, DateTimeOffset? Deadline, DateTimeOffset? EndedAt)
{
    /// <summary>How long it asks for, in whole seconds, where that is less than the site's; null: as long as that.</summary>
    public TimeSpan? Walltime { get; init; }
}

/// <summary>A match request that central has not answered yet, or whose answer is not stored yet.</summary>
public sealed record OpenMatch(Guid RequestId, int Count, byte[] SiteMap);

/// <summary>An output to upload.</summary>
/// <param name="Agent">Whose out/ directory holds SpoolFile.</param>
/// <param name="SpoolFile">Its file there; null when the ledger holds the bytes.</param>
public sealed record PendingOutput(long Row, AttemptId Id, SavedOutput Output, string Agent, QueueName Queue, string? SpoolFile, string Token);

/// <summary>An event waiting for central.</summary>
public sealed record PendingEvent(long Row, JobEvent Event);
