using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Outputs;
using HpcGrid.Agent.Peeks;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What other threads tell the loop. The list is closed.</summary>
internal abstract record Notice;

/// <summary>A payload's thread: a process was started, or not.</summary>
internal sealed record ProcessStarted(long Number, SpawnResult Result) : Notice;

/// <summary>A payload's thread: a process that was started has ended.</summary>
internal sealed record ProcessEnded(long Number, ChildExit Exit) : Notice;

/// <summary>A copy thread: a job's inputs.</summary>
internal sealed record InputsPut(JobRun Run, Staged Staged) : Notice;

/// <summary>A copy thread: a job's outputs.</summary>
internal sealed record OutputsMade(JobRun Run, Collected Collected) : Notice;

/// <summary>The monitor: what running jobs use.</summary>
internal sealed record Measured(Measurement Measurement) : Notice;

/// <summary>The lookout: what a look showed. Whether the job is still where it looked, the loop knows.</summary>
internal sealed record Seen(Peek Order, PeekTarget Target, PeekAnswer Answer) : Notice;

/// <summary>The spool: one look at the inbox, the agent's directory and, if asked, the pool.</summary>
/// <param name="Liveness">What the agent's directory shows.</param>
/// <param name="Lease">The newest lease listed.</param>
/// <param name="Messages">New ones, in their order.</param>
/// <param name="Claimed">Queue files that are ours and were not handed over before.</param>
/// <param name="Trouble">In words for the log; empty when all went well.</param>
internal sealed record Polled(
    Liveness Liveness, LeaseName? Lease, IReadOnlyList<ReceivedMessage> Messages, IReadOnlyList<WorkQueue> Claimed, IReadOnlyList<string> Trouble) : Notice;

/// <summary>The spool: a version was published, or not.</summary>
internal sealed record VersionWritten(QueueName Queue, long Sequence, Errno Errno, int Bytes) : Notice;

/// <summary>The spool: the newest keys; null when there are none.</summary>
internal sealed record KeysRead(VerificationKeys? Keys) : Notice;

/// <summary>The spool: the heartbeat was renamed, or not.</summary>
internal sealed record HeartBeaten(Errno Errno) : Notice;

/// <summary>The spool: the last words were written.</summary>
internal sealed record Left : Notice;

/// <summary>SIGUSR1: stop claiming, go on to the margin before the deadline.</summary>
internal sealed record DrainSignal : Notice;

/// <summary>SIGTERM or SIGINT: be gone soon.</summary>
internal sealed record EndSignal : Notice;
