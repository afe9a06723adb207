using System.Text.Json;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Staging;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Queues;

/// <summary>What one version may still change.</summary>
/// <param name="Queue">Its queue file; null when the ledger does not know it.</param>
/// <param name="IsForeign">Another agent owns it.</param>
/// <param name="IsStale">Its jobs may be held elsewhere.</param>
/// <param name="Held">Its jobs that have no result.</param>
internal sealed record Awaited(QueueRow? Queue, bool IsForeign, bool IsStale, Dictionary<AttemptId, HeldJob> Held)
{
    /// <summary>A report about this attempt may change something.</summary>
    public bool Wants(AttemptId id) => IsStale || Held.ContainsKey(id);
}

/// <summary>
/// B3: what an agent's version says becomes events and results, once. A job's row in stage Queued, or Ready after a requeue, takes one
/// result and leaves that stage in the same transaction; every later report of the attempt finds no such row and changes nothing.
/// A superseded generation may still bring a result, because work done is work done; it may not requeue, kill or refuse (B6).
/// </summary>
internal sealed class VersionIntake(
    LedgerDatabase ledger, JobEnding ending, StageInStep stageIn, WorkMeter meter, NodeHealth health, Action<JobSample> samples)
{
    private const long FirstNote = 10;
    private readonly Dictionary<(string Agent, QueueName Queue), int> _notesTold = [];

    /// <summary>What the ledger still waits for from an agent's version of a queue file; good for this transaction only.</summary>
    public Awaited Await(string agent, QueueName name)
    {
        var queue = ledger.Queues.Find(name);
        // A second claimant's word counts as little as a superseded generation's: the owner may be running what the other hands back.
        var foreign = queue is { Agent: { } owner } && owner != agent;
        var held = foreign ? [] : ledger.Jobs.InQueue(name).ToDictionary(job => job.Id);
        // Each version repeats what those before it said; only of a superseded generation can a job be held elsewhere.
        var stale = foreign || queue is not { Stage: QueueStage.Offering or QueueStage.Offered or QueueStage.Claimed or QueueStage.Closed };
        return new Awaited(queue, foreign, stale, held);
    }

    /// <summary>Commits a version. Safe to repeat; part of the caller's transaction.</summary>
    public void Accept(WorkQueueVersion version, Awaited awaited, Tick tick)
    {
        var name = version.Header.Name;
        var (queue, foreign, stale, held) = awaited;
        foreach (var report in version.Reports)
        {
            var ours = held.Remove(report.AttemptId, out var job);
            if (!ours && stale) job = ledger.Jobs.Find(report.AttemptId);
            var current = ours && job is { Stage: JobStage.Queued } && job.Branch == report.Branch;
            if (current && report.Sample is { } sample) samples(sample);
            if (foreign && job is not null && report.Branch == job.Branch && HasRun(report))
                ledger.Outbox.Add(BridgeEvents.StartedTwice(report with { Agent = version.Agent }, queue!.Agent!, tick.Now));
            if (job is { Stage: not JobStage.Saving }) Take(job, report, version, current, tick);
            else if (stale && report.Stage == ReportStage.Ended) meter.Repeated();
        }
        Remember(version, tick);
        if (version.Final)
            foreach (var job in held.Values.Where(job => job.Stage == JobStage.Queued))
                ending.Requeue(job, $"handed back by {version.Agent}", tick.Now);
        ledger.Queues.Accept(version.Agent, name, version.Sequence, version.Final);
        if (version.Final && !foreign && ledger.Queues.Find(name) is { Stage: QueueStage.Claimed }) ledger.Queues.SetStage(name, QueueStage.Closed);
    }

    private void Take(HeldJob job, JobReport report, WorkQueueVersion version, bool current, Tick tick)
    {
        if (report.Stage != ReportStage.Ended)
        {
            if (current) Tell(job, report, tick);
            return;
        }
        var outcome = report.Outcome ?? Outcome.ExecutionFailed;
        if (!current && !BridgeRules.IsResult(outcome))
        {
            meter.Repeated();
            return;
        }
        if (BridgeRules.EndOf(outcome) is { } state) Finish(job, report, state, version, tick);
        // Strict mode: the payload did run, so only the batch system's word that its node is gone opens the next try (F2-strong).
        else if (outcome == Outcome.HandedBack || job.Repeatable)
            ending.Requeue(job, report.Reason ?? $"handed back by {version.Agent}", tick.Now,
            spared: report.Spared && outcome == Outcome.HandedBack);
    }

    private void Finish(HeldJob job, JobReport report, JobState state, WorkQueueVersion version, Tick tick)
    {
        Tell(job, report, tick);
        meter.Ended(tick.Monotonic, OccupiedSeconds(report));
        if (!job.Killed) health.Ended(report, OccupiedSeconds(report), () => IncomingJobs.KindOf(ledger.Assignments.Spec(job.Row)), tick.Monotonic);
        if (report.Outcome == Outcome.InputFailed) stageIn.Doubt(ledger.Assignments.Cached(job.Row));
        if (job.Queue != version.Header.Name) ending.CondemnInQueue(job);
        if (job.Killed) state = JobState.Killed;
        var reason = report.Reason ?? (state == JobState.ErrorE ? report.Payload?.Describe() : null);
        var lost = report.Outputs.FirstOrDefault(output => output.SpoolFile is null && !version.Blobs.ContainsKey(output.Content.Sha256));
        if (state == JobState.Done && lost is not null)
            (state, reason) = (JobState.ErrorSV, $"output '{lost.Name}' is missing in the node's report");
        var ended = BridgeEvents.Ended(report, state, reason, tick.Now);
        if (report.Outputs.Count == 0 || lost is not null || !BridgeRules.SavesOutputs(state)) ending.End(job, ended);
        else Save(job, report, ended, version, tick);
    }

    /// <summary>The agent may forget what rode in its version: the bytes are in the ledger with the same transaction.</summary>
    private void Save(HeldJob job, JobReport report, JobEvent ended, WorkQueueVersion version, Tick tick)
    {
        var rules = RulesWithOptions(job, good: ended.What is Ended { State: JobState.Done });
        foreach (var output in report.Outputs)
        {
            // In the order of time: central's indexes of hundreds of millions of files then grow at their end, and not everywhere.
            var guid = Guid.CreateVersion7();
            var saved = new SavedOutput(output.Name, guid, output.Content, "", Pfn.Of(guid),
                [.. output.Members.Select(member => new SavedMember(member.Name, Guid.CreateVersion7(), member.Content))])
            {
                Wish = OutputWish.Of(rules, output.Name),
            };
            ledger.Outputs.Add(job.Row, saved, version.Agent, version.Header.Name, output.SpoolFile,
                output.SpoolFile is null ? version.Blobs[output.Content.Sha256] : null);
        }
        ledger.Jobs.SetStage(job.Row, JobStage.Saving);
        if (ended.What is Ended { State: JobState.Done }) ledger.Outbox.Add(BridgeEvents.Saving(report, tick.Now));
        ledger.Outputs.Await(job.Row, ended);
    }

    /// <summary>What the job saves, read only when some of it has options: most jobs say nothing about where.</summary>
    private IReadOnlyList<OutputRule> RulesWithOptions(HeldJob job, bool good)
    {
        var spec = ledger.Assignments.Spec(job.Row);
        if (spec.AsSpan().IndexOf("\"options\":[\""u8) < 0 || JsonSerializer.Deserialize(spec, GridJson.Default.JobSpec) is not { } read) return [];
        return good ? read.Outputs : read.ErrorOutputs;
    }

    private void Tell(HeldJob job, JobReport report, Tick tick)
    {
        var began = report.StartedAt is not null || report.Stage is ReportStage.Started or ReportStage.Running or ReportStage.Collecting;
        var ran = HasRun(report);
        if (began && job.Told < Told.Started) ledger.Outbox.Add(BridgeEvents.Started(report, tick.Now));
        if (ran && job.Told < Told.Running) ledger.Outbox.Add(BridgeEvents.Running(report, tick.Now));
        var told = ran ? Told.Running : began ? Told.Started : Told.Nothing;
        if (told > job.Told && report.Stage != ReportStage.Ended) ledger.Jobs.SetTold(job.Row, told);
    }

    private static bool HasRun(JobReport report) => report.RunningAt is not null || report.Stage is ReportStage.Running or ReportStage.Collecting;

    /// <summary>
    /// Agents' remarks go into the trace. Each version repeats those before: what was told already is passed over, and central knows what is told
    /// again after a restart.
    /// </summary>
    private void Remember(WorkQueueVersion version, Tick tick)
    {
        var key = (version.Agent, version.Header.Name);
        var told = _notesTold.GetValueOrDefault(key);
        if (version.Final) _notesTold.Remove(key);
        if (version.Notes.Count <= told) return;
        if (!version.Final) tick.AfterCommitInAnyCase(() => _notesTold[key] = version.Notes.Count);
        var branches = version.Reports.ToDictionary(report => report.AttemptId, report => report.Branch);
        foreach (var note in version.Notes.Skip(told))
            ledger.Outbox.Add(new JobEvent(
                note.Id.Job, new EventKey(note.Id.Attempt, branches.GetValueOrDefault(note.Id), EventSource.Agent, FirstNote + note.Counter),
                note.At > tick.Now ? tick.Now : note.At, new Noted(BridgeRules.Short($"{note.Kind}: {note.Text}")!)));
    }

    private static double OccupiedSeconds(JobReport report) =>
        report is { StartedAt: { } from, EndedAt: { } to } && to > from ? (to - from).TotalSeconds : report.Payload?.WallSeconds ?? 0;
}
