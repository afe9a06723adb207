using HpcGrid.Agent.Outputs;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Jobs;

/// <summary>
/// The end of a job whose processes are gone: what it wrote is found, brought into queue file or spool, and the job is over. What the spool does
/// not take is tried again until it does or the job is stopped. Belongs to the loop's thread; large files are copied on others.
/// </summary>
internal sealed class OutputStage(
    AgentSpool spool, string scratch, ISideWork pool, Mailbox<Notice> mailbox, AgentClock clock, Action<JobRun, Outcome, string?> end)
{
    private readonly OutputCollector _collector = new(spool, scratch);

    /// <summary>All processes are gone and the outcome is known, but for the outputs.</summary>
    public void Conclude(JobRun run, Outcome outcome, string? reason)
    {
        var sandbox = run.Sandbox!;
        run.Outcome = outcome;
        run.Reason = reason;
        var (stdout, stderr) = sandbox.Printed;
        if (run.Spec!.KeepOutput != KeepOutput.Never) (run.StdoutTail, run.StderrTail) = (Tail.Of(sandbox.Stdout, stdout), Tail.Of(sandbox.Stderr, stderr));
        run.Payload = run.Payload is { } payload ? payload with { StdoutBytes = stdout.Size, StderrBytes = stderr.Size } : null;
        run.Found = OutputSweep.Find(sandbox.Path, KeepRules.RulesFor(outcome, run.Spec!, sandbox));
        if (run.Found.Remarks is { } remarks) run.Queue.Note(run, "output", clock.Utc, JobRun.Cut(remarks));
        if (outcome == Outcome.Succeeded && run.Found.Fault is { } fault)
        {
            end(run, Outcome.OutputFailed, fault);
            return;
        }
        if (run.Found.Outputs.Count == 0)
        {
            end(run, outcome, reason);
            return;
        }
        run.Stage = RunStage.Collecting;
        run.Queue.Change(clock.Now);
        if (run.Found.Bytes > Limits.InlineBytes || !TryCollectHere(run)) Again(run);
    }

    /// <summary>Collects on another thread, for the first time or once more.</summary>
    public void Again(JobRun run)
    {
        var (id, branch, found, room, written) = (run.Job.Id, run.Job.Branch, run.Found!.Outputs, run.Queue.SmallOutputs, run.Written);
        pool.Add(() => mailbox.Post(new OutputsMade(run, _collector.Collect(id, branch, found, room, mayWrite: true, written))));
    }

    /// <summary>They are made, or not.</summary>
    public void Made(JobRun run, Collected collected)
    {
        run.SpoolFiles.AddRange(collected.SpoolFiles);
        if (run.Stop is { } stop && run.Outcome != stop.Outcome)
        {
            end(run, stop.Outcome, stop.Reason);
            return;
        }
        run.OutputTrouble = collected.Trouble;
        if (collected.Trouble != Errno.None)
        {
            Wait(run, collected);
            return;
        }
        run.Outputs = collected.Outputs;
        run.Queue.Keep(collected.Blobs);
        if (collected.Fault is { } fault && run.Outcome == Outcome.Succeeded) end(run, Outcome.OutputFailed, fault);
        else end(run, run.Outcome!.Value, run.Reason);
    }

    private void Wait(JobRun run, Collected collected)
    {
        run.Written = collected.Outputs.ToDictionary(output => output.Name);
        // Once: a spool may stay full for hours, and every version carries all remarks again.
        if (run.Pause == TimeSpan.Zero)
            run.Queue.Note(run, "output", clock.Utc, $"the spool did not take an output: {collected.Trouble.Describe()}; trying again");
        var pause = run.Pause == TimeSpan.Zero ? Limits.OutputRetry : run.Pause * 2;
        run.Pause = pause < Limits.OutputRetryAtMost ? pause : Limits.OutputRetryAtMost;
        run.Due = clock.Now + run.Pause;
    }

    private bool TryCollectHere(JobRun run)
    {
        var collected = _collector.Collect(run.Job.Id, run.Job.Branch, run.Found!.Outputs, run.Queue.SmallOutputs, mayWrite: false, run.Written);
        if (collected.Trouble != Errno.None) return false;
        Made(run, collected);
        return true;
    }
}
