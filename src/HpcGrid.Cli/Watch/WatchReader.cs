using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Why;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Watch;

/// <summary>Reads from central what the screen shows, no more of it than it shows.</summary>
internal sealed class WatchReader(Session session)
{
    private readonly Dictionary<long, Pace> _paces = [];
    private readonly Dictionary<long, List<double>> _histories = [];

    /// <summary>What is to be shown there now. Trouble is told in the data; throws only what trying again cannot mend.</summary>
    public async Task<WatchData> Read(WatchModel model, int rows, CancellationToken ct)
    {
        try
        {
            return model.Place.View switch
            {
                WatchView.Details => await Details(model.Place.Job!.Value, ct),
                WatchView.Log => await Log(model, ct),
                WatchView.Help => model.Data,
                _ => await List(model, rows, ct),
            };
        }
        catch (GridError e) when (e.IsTransient) { return model.Data with { Trouble = e.Message }; }
    }

    public async Task<string> Do(WatchDeed deed, long job, CancellationToken ct)
    {
        Request<JobActions> request = deed == WatchDeed.Kill ? new KillJobs([job]) : new ResubmitJobs([job]);
        try { return string.Join("; ", (await session.Ask(request, ct)).Jobs.Select(action => $"job {action.Job}: {action.Message}")); }
        catch (GridError e) { return e.Message; }
    }

    private async Task<WatchData> List(WatchModel model, int rows, CancellationToken ct)
    {
        var listing = new ListJobs { States = [.. States(model.Place.Filter)], Limit = Math.Min(Limits.JobsWatched, model.Place.Selected + 2 * rows) };
        if (model.Place.Job is not { } job)
        {
            // A master counts as running or waiting by its subjobs; therefore all are read and chosen here.
            var all = await session.Ask(listing with { States = model.Place.Filter == WatchFilter.Failed ? listing.States : [] }, ct);
            return new WatchData { Jobs = [.. all.Jobs.Where(line => IsWanted(line, model.Place.Filter))], MoreJobs = all.More };
        }
        var progress = await session.Ask(new FollowJob(job), ct);
        var line = (await session.Ask(new DescribeJob(job), ct)).Line;
        var jobs = line.Children is null ? new JobList([line], false) : await session.Ask(listing with { Master = job }, ct);
        var pace = _paces.TryGetValue(job, out var known) ? known : _paces[job] = new Pace();
        pace.Look(progress);
        return new WatchData
        {
            Progress = progress, Line = line, Jobs = jobs.Jobs, MoreJobs = jobs.More && jobs.Jobs.Count < Limits.JobsWatched,
            Rate = pace.Rate, Left = pace.Left, History = Remember(job, pace.Rate ?? 0), IsOver = Pace.IsOver(progress),
        };
    }

    private async Task<WatchData> Details(long job, CancellationToken ct)
    {
        var why = await new WhyReader(session).Explain(job, ct);
        var trace = await session.Ask(new TraceJob(job), ct);
        var line = (await session.Ask(new DescribeJob(job), ct)).Line;
        return new WatchData { Why = why, Events = trace.Events, Line = line, IsOver = JobText.IsFinal(line.State), Progress =
            await session.Ask(new FollowJob(job), ct) };
    }

    private async Task<WatchData> Log(WatchModel model, CancellationToken ct)
    {
        var job = model.Place.Job!.Value;
        var line = (await session.Ask(new DescribeJob(job), ct)).Line;
        var data = model.Data with { Line = line, Trouble = null, IsOver = JobText.IsFinal(line.State) };
        try
        {
            var text = line.State == "RUNNING" ? await Peek(job, model.Stderr ? "stderr" : "stdout", ct)
                : await session.Ask(new ReadLog(job), ct) is var log && model.Stderr ? log.StderrTail : log.StdoutTail;
            return data with { Log = text.Length == 0 ? [] : [.. text.TrimEnd('\n').Split('\n')] };
        }
        // It has ended, or not begun to write, in this moment: the next look sees it.
        catch (GridError e) when (e.Code is ErrorCode.Conflict or ErrorCode.NotFound) { return data; }
    }

    private async Task<string> Peek(long job, string file, CancellationToken ct) =>
        System.Text.Encoding.UTF8.GetString((await session.Ask(new PeekJob(job, PeekKind.File, file, -Limits.TailOfRunning), ct)).Bytes);

    private List<double> Remember(long job, double rate)
    {
        var history = _histories.TryGetValue(job, out var known) ? known : _histories[job] = [];
        history.Add(rate);
        if (history.Count > Limits.RatesRemembered) history.RemoveAt(0);
        return [.. history];
    }

    private static IEnumerable<string> States(WatchFilter filter) => filter == WatchFilter.All ? []
        : JobStateGroups.Parse(filter.ToString().ToLowerInvariant()).Select(state => state.Text());

    private static bool IsWanted(JobLine line, WatchFilter filter) =>
        filter is WatchFilter.All or WatchFilter.Failed
        || (line.Children ?? new Dictionary<string, int> { [line.State] = 1 }).Any(state => state.Value > 0 && States(filter).Contains(state.Key));
}
