using HpcGrid.Bridge.Ledger;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Bridge.Queues;

/// <summary>
/// The ways in which a held job leaves the ledger or goes back to the start. Runs inside a tick's transaction: the row goes and its event
/// comes together, so an attempt ends once.
/// </summary>
internal sealed class JobEnding(LedgerDatabase ledger)
{
    /// <summary>When set, nothing is offered again: what comes back goes to central as EXPIRED.</summary>
    public bool Draining { get; set; }

    /// <summary>The event goes to the outbox and the job leaves the ledger.</summary>
    public void End(HeldJob job, JobEvent ended)
    {
        ledger.Outbox.Add(ended);
        Drop(job);
    }

    /// <summary>Ends a job without a report of a node.</summary>
    public void End(HeldJob job, JobState state, string reason, DateTimeOffset now) =>
        End(job, BridgeEvents.Ended(job.Id, job.Branch, state, reason, now));

    /// <summary>
    /// Central wants the attempt to end (K1). What no agent has begins to be over now; who has it gets a message, and its report
    /// or its death ends the attempt. Asked for an attempt that is not held, central hears that it is over.
    /// </summary>
    public void Kill(AttemptId id, DateTimeOffset now)
    {
        if (ledger.Jobs.Find(id) is not { } job)
        {
            if (!ledger.Outbox.Holds(id)) ledger.Outbox.Add(BridgeEvents.Ended(id, 0, JobState.Killed, "this bridge does not hold the attempt", now));
            return;
        }
        if (IsWithAnAgent(job)) ledger.Jobs.MarkKilled(job.Row);
        else
        {
            CondemnInQueue(job);
            End(job, JobState.Killed, job.Stage == JobStage.Saving ? "killed while its outputs were saved" : "killed before it was started", now);
        }
    }

    /// <summary>The attempt is over for central: no event is wanted any more, and nobody may go on with it.</summary>
    public void DropSilently(AttemptId id)
    {
        if (ledger.Jobs.Find(id) is not { } job) return;
        CondemnInQueue(job);
        Drop(job);
    }

    /// <summary>Offers the attempt again under its next branch, unless it was killed meanwhile or had its tries.</summary>
    /// <param name="job">Which.</param>
    /// <param name="reason">In words for the trace.</param>
    /// <param name="now">When.</param>
    /// <param name="spared">Nothing failed: it costs no try.</param>
    public void Requeue(HeldJob job, string reason, DateTimeOffset now, bool spared = false)
    {
        if (job.Killed) End(job, JobState.Killed, "killed; its node is gone", now);
        else if (Draining) End(job, JobState.Expired, $"{reason}; this bridge takes no more work", now);
        else if (!spared && job.Branch - job.Spared >= Limits.MostBranches)
            End(job, JobState.Expired, $"{reason}; with {job.Branch - job.Spared + 1} tries on this site it had enough", now);
        else
        {
            ledger.Jobs.Requeue(job.Row, spared);
            ledger.Outbox.Add(BridgeEvents.Requeued(job.Id, job.Branch + 1, reason, now));
        }
    }

    /// <summary>Whoever holds the attempt's queue file, or claims it later, is to stop it.</summary>
    public void CondemnInQueue(HeldJob job)
    {
        if (job is { Stage: JobStage.Queued, Queue: { } queue }) ledger.Queues.Condemn(queue, job.Id);
    }

    /// <summary>Removes every trace but the outbox's.</summary>
    public void Drop(HeldJob job)
    {
        ledger.Jobs.Delete(job.Row);
        ledger.Assignments.Delete(job.Row);
        if (job.Stage == JobStage.Saving) ledger.Outputs.Delete(job.Row);
    }

    private bool IsWithAnAgent(HeldJob job) =>
        job is { Stage: JobStage.Queued, Queue: { } queue } && ledger.Queues.Find(queue) is { Stage: QueueStage.Claimed };
}
