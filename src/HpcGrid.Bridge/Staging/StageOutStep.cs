using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Queues;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Staging;

/// <summary>
/// Saves outputs: uploads, has the storage element's own reckoning compared with the node's, and ends the job when all of its outputs
/// are there. The GUID stands in the ledger since the result was committed, so a repeated upload is the same file.
/// </summary>
internal sealed class StageOutStep(
    LedgerDatabase ledger, Uploader uploader, JobEnding ending, Posts posts, Welcome welcome, CancellationToken stopping) : BridgeStep
{
    /// <summary>How long an output is nowhere before it counts as lost.</summary>
    public required MeasuredTiming Timing { get; init; }

    private readonly HashSet<long> _running = [];
    private readonly SortedDictionary<long, Retry> _retries = [];
    private long _looked;

    public override void Run(Tick tick)
    {
        if (welcome.Storage.Count == 0) return;
        foreach (var (row, retry) in _retries.Where(pair => !_running.Contains(pair.Key)).ToList())
        {
            if (_running.Count >= Limits.UploadsAtOnce) return;
            if (retry.NotBefore <= tick.Monotonic) Begin(tick, row, retry.Output);
            else tick.ComeBackIn(retry.NotBefore - tick.Monotonic);
        }
        if (_running.Count >= Limits.UploadsAtOnce) return;
        foreach (var output in ledger.Outputs.Pending(_looked, Limits.UploadsAtOnce - _running.Count))
        {
            _looked = output.Row;
            if (!_running.Contains(output.Row) && !_retries.ContainsKey(output.Row)) Begin(tick, output.Row, output);
        }
    }

    public override void Forget() => _looked = 0;

    private void Begin(Tick tick, long row, PendingOutput output)
    {
        var bytes = output.SpoolFile is null ? ledger.Outputs.Bytes(row) : null;
        if (output.SpoolFile is null && bytes is null)
        {
            // Dropped or uploaded meanwhile.
            _retries.Remove(row, out _);
            return;
        }
        var targets = welcome.Storage;
        tick.AfterCommitInAnyCase(() =>
        {
            if (!_running.Add(row)) return;
            posts.Fetch(
                () => uploader.Upload(output, bytes, targets, stopping),
                (later, saved) => Saved(later, output, saved),
                (later, error) => Failed(later, output, error));
        });
    }

    private void Saved(Tick tick, PendingOutput output, SavedOutput saved)
    {
        _running.Remove(output.Row);
        _retries.Remove(output.Row);
        if (ledger.Outputs.MarkUploaded(output.Row, saved) is not { } jobRow || !ledger.Outputs.AllUploaded(jobRow)) return;
        if (ledger.Jobs.Find(output.Id) is not { Stage: JobStage.Saving } job || ledger.Outputs.Ending(jobRow) is not { } waiting) return;
        ending.End(job, waiting with { At = tick.Now, What = (Ended)waiting.What with { Outputs = ledger.Outputs.Of(jobRow) } });
    }

    private void Failed(Tick tick, PendingOutput output, GridError error)
    {
        _running.Remove(output.Row);
        if (ledger.Jobs.Find(output.Id) is not { Stage: JobStage.Saving } job)
        {
            _retries.Remove(output.Row);
            return;
        }
        var retry = _retries.GetValueOrDefault(output.Row) ?? new Retry(output);
        _retries[output.Row] = retry;
        retry.Pause = BridgeRules.Longer(retry.Pause, Limits.FirstTransferPause, Limits.LongestTransferPause);
        retry.NotBefore = tick.Monotonic + retry.Pause;
        retry.Count(error, tick.Monotonic, Timing.Now);
        Log.Warning("output {Output} of {JobId}.{Attempt} could not be saved: {Message}", output.Output.Name, output.Id.Job, output.Id.Attempt, error.Message);
        if (retry.PermanentRounds < Limits.PermanentRounds) return;
        _retries.Remove(output.Row);
        if (ledger.Outputs.Ending(job.Row) is { What: Ended told } waiting)
            ending.End(job, waiting with { At = tick.Now, What = NotSaved(told, $"output '{output.Output.Name}': {error.Message}") });
    }

    /// <summary>A good end becomes ERROR_SV; one that failed anyway stays what it is, without the outputs.</summary>
    private static Ended NotSaved(Ended told, string trouble) => told.State == JobState.Done
        ? told with { State = JobState.ErrorSV, Reason = BridgeRules.Short(trouble) }
        : told with { Reason = BridgeRules.Short($"{told.Reason}; its outputs were not saved: {trouble}") };

    private sealed class Retry(PendingOutput output)
    {
        private int _absences;
        private TimeSpan _absentSince;

        public PendingOutput Output { get; } = output;
        public int PermanentRounds { get; private set; }
        public TimeSpan Pause { get; set; }
        public TimeSpan NotBefore { get; set; }

        /// <summary>
        /// One look that does not show a file of the spool says nothing (PROTOCOL 1). One that several looks over T_lost do not show is lost, as a queue file is (B6):
        /// a site removed it, or another bridge acknowledged its queue file.
        /// </summary>
        public void Count(GridError error, TimeSpan now, SpoolTiming timing)
        {
            var absent = Output.SpoolFile is not null && error.Code == ErrorCode.NotFound;
            _absences = absent ? _absences + 1 : 0;
            if (_absences == 1) _absentSince = now;
            var lost = _absences >= timing.LostListings && now - _absentSince >= timing.Lost;
            PermanentRounds = lost ? Limits.PermanentRounds : absent || error.IsTransient ? 0 : PermanentRounds + 1;
        }
    }
}
