using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.EndToEnd;

namespace HpcGrid.Soak;

/// <summary>What is true when all has healed: central's word about each job against its history, the catalogue, the bridge's ledger and the spool.</summary>
internal sealed class Audit(Grid grid)
{
    private readonly List<string> _disagreements = [];
    private readonly SortedDictionary<string, int> _states = new(StringComparer.Ordinal);

    /// <summary>In words; empty when everything agrees.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    /// <summary>Jobs by state.</summary>
    public IReadOnlyDictionary<string, int> States => _states;

    public int NotFinal { get; private set; }
    public int OutputsRead { get; private set; }

    /// <summary>Attempts that were handed out again by the bridge, and those that central opened anew.</summary>
    public int Requeues { get; private set; }
    public int Retries { get; private set; }

    public async Task Look(Batch batch)
    {
        var jobs = (await grid.Subjobs(batch.Master)).OrderBy(job => job.Job).ToList();
        if (jobs.Count != batch.Jobs) _disagreements.Add($"{batch.Name}: {jobs.Count} jobs of {batch.Jobs}");
        await using var client = grid.Connect();
        var done = new HashSet<int>();
        for (var counter = 1; counter <= jobs.Count; counter++)
        {
            var job = jobs[counter - 1];
            _states[job.State] = _states.GetValueOrDefault(job.State) + 1;
            if (!Crowd.IsFinal(job.State)) NotFinal++;
            if (job.State == JobState.Done.Text()) done.Add(counter);
            Look(job, (await client.Call(new TraceJob(job.Job), CancellationToken.None)).Events);
        }
        await LookAtCatalogue(batch, done);
    }

    private void Look(JobLine job, IReadOnlyList<JobEvent> events)
    {
        Requeues += events.Count(e => e.What is Requeued);
        Retries += Math.Max(0, job.Attempt - 1);
        // A kill is central's word first and the bridge's confirmation after it.
        foreach (var attempt in events.Where(e => e.What is Ended && e.Key.Source == EventSource.Bridge).GroupBy(e => (e.Key.Attempt, e.Key.Branch)))
            if (attempt.Count() > 1) _disagreements.Add($"job {job.Job}: attempt {attempt.Key.Attempt} ended {attempt.Count()} times");
        var done = events.Count(e => e.What is Ended { State: JobState.Done });
        if (done > 1) _disagreements.Add($"job {job.Job} was DONE {done} times");
        if (done == 0 && job.State == JobState.Done.Text()) _disagreements.Add($"job {job.Job} is DONE and nothing in its history says so");
        foreach (var alarm in events.Where(e => e.What is Noted { IsAlarm: true })) _disagreements.Add($"job {job.Job}: {alarm.What}");
    }

    /// <summary>Outputs are there if and only if their job is DONE, and they are what it wrote.</summary>
    private async Task LookAtCatalogue(Batch batch, HashSet<int> done)
    {
        await using var client = grid.Connect();
        var found = new HashSet<string>();
        EntryList page;
        string? after = null;
        do
        {
            page = await client.Call(new FindEntries(Crowd.FolderOf(batch.Name), "*") { After = after }, CancellationToken.None);
            found.UnionWith(page.Entries.Where(entry => entry.Type != "d" && entry.Path.EndsWith("/data", StringComparison.Ordinal)).Select(entry => entry.Path));
            after = page.Next;
        } while (after is not null);
        var wanted = done.Select(counter => Crowd.PathOf(batch.Name, counter)).ToHashSet();
        _disagreements.AddRange(wanted.Except(found).Select(path => $"{path} is not in the catalogue, and its job is DONE"));
        _disagreements.AddRange(found.Except(wanted).Select(path => $"{path} is in the catalogue, and its job is not DONE"));
        foreach (var counters in done.Where(counter => found.Contains(Crowd.PathOf(batch.Name, counter))).Chunk(50))
        {
            var texts = await grid.Read(counters.Select(counter => Crowd.PathOf(batch.Name, counter)));
            OutputsRead += texts.Count;
            _disagreements.AddRange(texts.Zip(counters).Where(pair => pair.First != Crowd.Content(batch.Name, pair.Second))
                .Select(pair => $"{Crowd.PathOf(batch.Name, pair.Second)} is not what its job wrote"));
        }
    }

    /// <summary>The bridge holds nothing any more, has told all, and the spool has nothing that stands for work.</summary>
    public async Task LookAtBridge(TimeSpan bound)
    {
        var held = "no status";
        try
        {
            await Eventually.True(() =>
            {
                if (grid.BridgeStatus is not { } status) return false;
                var jobs = status.GetProperty("jobs").EnumerateObject().Sum(stage => stage.Value.GetInt64());
                var (outbox, pool) = (status.GetProperty("outbox").GetInt64(), status.GetProperty("queuesInPool").GetInt32());
                held = $"{jobs} jobs, {outbox} events, {pool} offers";
                return jobs + outbox + pool == 0;
            }, bound, "the bridge to have nothing left");
        }
        catch (AssertionException) { _disagreements.Add($"all jobs are final, and the bridge still holds {held}"); }
        try { await SpoolRest.AssertNothingIsLeft(grid, bound); }
        catch (AssertionException e) { _disagreements.Add(e.Message); }
        var alarms = await Daemon.Run("hpcgrid-central", ["alarms", "--home", Path.Combine(grid.Folder, "central")], grid.Environment);
        if (alarms.ExitCode != 0) _disagreements.Add($"central's alarms: {alarms.Output.Trim()} {alarms.Error.Trim()}");
    }
}
