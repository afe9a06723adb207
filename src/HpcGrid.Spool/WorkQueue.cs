using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Spool;

/// <summary>When an agent may begin with the jobs of a claimed file (A3).</summary>
public enum StartMode
{
    /// <summary>At once.</summary>
    Optimistic,
    /// <summary>After the bridge has seen version 1 and sent <see cref="Start"/>.</summary>
    Acked,
}

/// <summary>The `meta` table of a work-queue file.</summary>
/// <param name="Name">Its identity; never published twice.</param>
/// <param name="Epoch">The bridge generation that offered it; agents ignore a lower one than they have seen (E1).</param>
/// <param name="Repeatable">False: all jobs in it are strict; a new generation only after F2-strong.</param>
/// <param name="StartMode">When to begin.</param>
public sealed record WorkQueueHeader(QueueName Name, long Epoch, bool Repeatable, StartMode StartMode)
{
    /// <summary>Who runs its one job over several nodes; null for ordinary jobs.</summary>
    public Gang? Gang { get; init; }
}

/// <summary>Agents of one pilot that were brought together for one job (J1 to J3).</summary>
/// <param name="Number">Never used twice; later gangs have higher ones.</param>
/// <param name="Nodes">Names of their nodes, one in each line; the first runs the job.</param>
public sealed record Gang(long Number, string Nodes);

/// <summary>One row of the `job` table as offered.</summary>
/// <param name="Id">The attempt.</param>
/// <param name="Branch">Which try of this attempt on this site it is; grows with every requeue.</param>
/// <param name="Spec">UTF-8 JSON of the JobSpec: exactly the bytes that the grant covers.</param>
/// <param name="Grant">Central's signed permission.</param>
public sealed record QueuedJob(AttemptId Id, int Branch, byte[] Spec, string Grant);

/// <summary>A work-queue file as the bridge offers it.</summary>
/// <param name="Header">Its identity and rules.</param>
/// <param name="Jobs">In the order to run; at most <see cref="Limits.JobsPerQueue"/>.</param>
/// <param name="Blobs">Small inputs by SHA-256 (lower-case hex), once each.</param>
public sealed record WorkQueue(WorkQueueHeader Header, IReadOnlyList<QueuedJob> Jobs, IReadOnlyDictionary<string, byte[]> Blobs);

/// <summary>A remark of an agent about one attempt, for the job's trace.</summary>
/// <param name="Id">The attempt.</param>
/// <param name="Counter">Grows within the attempt: repeats in later versions are the same remark.</param>
/// <param name="Kind">One word.</param>
/// <param name="At">The node's clock.</param>
/// <param name="Text">For people.</param>
public sealed record AgentNote(AttemptId Id, int Counter, string Kind, DateTimeOffset At, string Text);

/// <summary>
/// A version of a work-queue file as its agent publishes it. Each replaces all earlier ones; a job that a final version does not
/// mention is handed back.
/// </summary>
/// <param name="Header">The header as it was read.</param>
/// <param name="Sequence">1 for the first version, growing.</param>
/// <param name="Final">Nothing will be added: all jobs are over or handed back (A6).</param>
/// <param name="Agent">Who says so.</param>
/// <param name="AppliedMessage">The highest control message applied (K1); a hint only.</param>
/// <param name="Reports">One for each job that has begun or ended.</param>
/// <param name="Blobs">Small outputs of ended jobs by SHA-256.</param>
public sealed record WorkQueueVersion(
    WorkQueueHeader Header,
    long Sequence,
    bool Final,
    string Agent,
    long AppliedMessage,
    IReadOnlyList<JobReport> Reports,
    IReadOnlyDictionary<string, byte[]> Blobs)
{
    /// <summary>Remarks; empty when there is nothing to say.</summary>
    public IReadOnlyList<AgentNote> Notes { get; init; } = [];
}
