using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Bridge.Staging;

/// <summary>
/// Makes assigned jobs ready: each distinct file is fetched once, whatever the number of jobs that need it, and a job waits only for its
/// own files. What waits for what is memory, built again from the ledger after a restart or a failed tick.
/// </summary>
internal sealed class StageInStep(LedgerDatabase ledger, Fetcher fetcher, JobEnding ending, Posts posts, CancellationToken stopping) : BridgeStep
{
    private readonly Dictionary<string, Wanted> _wanted = [];
    private readonly Dictionary<long, Waiter> _waiters = [];
    private readonly HashSet<string> _present = [], _doubted = [];
    private long _looked;

    public override void Run(Tick tick)
    {
        var jobs = ledger.Assignments.Unstaged(_looked, Limits.StageInPerTick);
        foreach (var job in jobs) Look(job);
        if (jobs.Count > 0)
        {
            _looked = jobs[^1].Row;
            tick.ComeBackIn(TimeSpan.Zero);
        }
        foreach (var wanted in _wanted.Values.Where(wanted => !wanted.Running))
        {
            if (wanted.NotBefore <= tick.Monotonic) Begin(tick, wanted);
            else tick.ComeBackIn(wanted.NotBefore - tick.Monotonic);
        }
    }

    public override void Forget()
    {
        _looked = 0;
        _waiters.Clear();
        foreach (var idle in _wanted.Where(pair => !pair.Value.Running).Select(pair => pair.Key).ToList()) _wanted.Remove(idle);
        foreach (var running in _wanted.Values) running.Jobs.Clear();
    }

    /// <summary>Files are gone that were here: nothing is taken for present any more, and jobs that came back are looked at.</summary>
    public void LookAgain()
    {
        _present.Clear();
        _looked = 0;
    }

    /// <summary>
    /// A job failed for its inputs. What lies in the cache may be gone, after a crash of the server (S4) or a site's purge of old files, or it may not be
    /// whole: before another job has it, it is read.
    /// </summary>
    public void Doubt(IEnumerable<string> cached)
    {
        foreach (var sha in cached)
        {
            _doubted.Add(sha);
            _present.Remove(sha);
        }
    }

    /// <summary>Where a job's inputs are; null while one of them is not known to be here.</summary>
    public StagedInputs? Placed(IReadOnlyList<SourceFile> sources)
    {
        foreach (var source in sources)
            if (!_present.Contains(source.Content.Sha256)) return null;
        return StagedInputs.Of(sources);
    }

    private void Look(UnstagedJob job)
    {
        if (_waiters.ContainsKey(job.Row)) return;
        var missing = new HashSet<string>();
        foreach (var source in job.Sources)
        {
            var sha = source.Content.Sha256;
            if (IsHere(source.Content)) continue;
            missing.Add(sha);
            if (!_wanted.TryGetValue(sha, out var wanted)) _wanted[sha] = wanted = new Wanted(source);
            wanted.Jobs.Add(job.Row);
        }
        if (missing.Count == 0) MakeReady(job);
        else _waiters[job.Row] = new Waiter(job, missing);
    }

    private bool IsHere(Content content) =>
        _present.Contains(content.Sha256) || (!_doubted.Contains(content.Sha256) && fetcher.Has(content) && _present.Add(content.Sha256));

    private void Begin(Tick tick, Wanted wanted)
    {
        // The token of a job that is still wanted: that of one which was killed is refused.
        var waiter = wanted.Jobs.Select(_waiters.GetValueOrDefault).OfType<Waiter>().FirstOrDefault(found => ledger.Jobs.Find(found.Job.Id) is not null);
        if (waiter is null)
        {
            tick.AfterCommitInAnyCase(() => _wanted.Remove(wanted.Source.Content.Sha256));
            return;
        }
        var source = waiter.Job.Sources.First(found => found.Content.Sha256 == wanted.Source.Content.Sha256);
        tick.AfterCommitInAnyCase(() =>
        {
            wanted.Running = true;
            posts.Fetch(
                async () => { await fetcher.Fetch(source, waiter.Job.Token, stopping); return true; },
                (later, _) => Arrived(wanted),
                (later, error) => Failed(later, wanted, waiter, source, error));
        });
    }

    private void Arrived(Wanted wanted)
    {
        var sha = wanted.Source.Content.Sha256;
        _present.Add(sha);
        _doubted.Remove(sha);
        _wanted.Remove(sha);
        foreach (var row in wanted.Jobs)
        {
            if (!_waiters.TryGetValue(row, out var waiter)) continue;
            waiter.Missing.Remove(sha);
            if (waiter.Missing.Count > 0) continue;
            MakeReady(waiter.Job);
            _waiters.Remove(row);
        }
    }

    private void Failed(Tick tick, Wanted wanted, Waiter waiter, SourceFile source, GridError error)
    {
        wanted.Running = false;
        var permanent = !error.IsTransient;
        wanted.PermanentRounds = permanent ? wanted.PermanentRounds + 1 : 0;
        wanted.Pause = BridgeRules.Longer(wanted.Pause, Limits.FirstTransferPause, Limits.LongestTransferPause);
        wanted.NotBefore = tick.Monotonic + wanted.Pause;
        Log.Warning("input {Lfn} of {JobId}.{Attempt} could not be fetched: {Message}", source.Lfn, waiter.Job.Id.Job, waiter.Job.Id.Attempt, error.Message);
        if (wanted.PermanentRounds < Limits.PermanentRounds) return;
        wanted.PermanentRounds = 0;
        // A refusal is about the one job whose token was shown; anything else about the file.
        var about = error.Code is ErrorCode.Denied or ErrorCode.Unauthenticated ? [waiter.Job.Row] : wanted.Jobs.ToArray();
        foreach (var row in about) End(tick, row, wanted.Source.Content.Sha256, error);
        wanted.Jobs.ExceptWith(about);
        if (wanted.Jobs.Count == 0) _wanted.Remove(wanted.Source.Content.Sha256);
    }

    private void End(Tick tick, long row, string sha, GridError error)
    {
        if (!_waiters.Remove(row, out var waiter) || ledger.Jobs.Find(waiter.Job.Id) is not { Stage: JobStage.Assigned } job) return;
        var lfn = waiter.Job.Sources.First(source => source.Content.Sha256 == sha).Lfn;
        ending.End(job, JobState.ErrorIB, $"input {lfn}: {error.Message}", tick.Now);
    }

    private void MakeReady(UnstagedJob job)
    {
        if (ledger.Jobs.Find(job.Id) is not { Stage: JobStage.Assigned } held) return;
        ledger.Assignments.SetInputs(held.Row, StagedInputs.Of(job.Sources));
        ledger.Jobs.SetStage(held.Row, JobStage.Ready);
    }

    private sealed class Wanted(SourceFile source)
    {
        public SourceFile Source { get; } = source;
        public HashSet<long> Jobs { get; } = [];
        public bool Running { get; set; }
        public int PermanentRounds { get; set; }
        public TimeSpan Pause { get; set; }
        public TimeSpan NotBefore { get; set; }
    }

    private sealed record Waiter(UnstagedJob Job, HashSet<string> Missing);
}
