using HpcGrid.Core.Api;
using Spectre.Console;

namespace HpcGrid.Cli.Jobs;

/// <summary>
/// Follows a job or a production to its end: a live picture on a terminal, in a pipe one line for each change and at most one a
/// second. Ending it ends no job.
/// </summary>
internal sealed class Follower(Session session, bool onError)
{
    /// <summary>Returns the last look, when nothing more will happen. With quiet nothing is shown.</summary>
    public async Task<JobProgress> Follow(long job, bool quiet, CancellationToken ct)
    {
        try
        {
            if (quiet) return await Look(job, (_, _) => { }, ct);
            return session.Terminal.Live(onError) ? await FollowLive(job, ct) : await FollowInLines(job, ct);
        }
        catch (OperationCanceledException)
        {
            session.Terminal.Error.WriteLine(
                $"hpcgrid: stopped watching. Job {job} goes on: `hpcgrid watch {job}` shows it again, `hpcgrid kill {job}` ends it.");
            throw;
        }
    }

    private Task<JobProgress> FollowLive(long job, CancellationToken ct) =>
        session.Terminal.Console(onError).Live(new Text("")).AutoClear(false).StartAsync(context => Look(job, (progress, pace) =>
        {
            context.UpdateTarget(ProgressText.Picture(progress, pace));
            context.Refresh();
        }, ct));

    private async Task<JobProgress> FollowInLines(long job, CancellationToken ct)
    {
        var writer = onError ? session.Terminal.Error : session.Terminal.Output;
        var written = default(DateTimeOffset);
        IReadOnlyDictionary<string, int>? shown = null;
        return await Look(job, (progress, pace) =>
        {
            if (shown is not null
                && (Same(shown, progress.States) || (progress.Now - written < Limits.LineInterval && !Pace.IsOver(progress)))) return;
            (written, shown) = (progress.Now, progress.States);
            writer.WriteLine(ProgressText.Line(progress, pace));
        }, ct);
    }

    private async Task<JobProgress> Look(long job, Action<JobProgress, Pace> show, CancellationToken ct)
    {
        var pace = new Pace();
        for (var pause = Limits.FirstLook; ; pause = pause * 1.1 < Limits.LongestLook ? pause * 1.1 : Limits.LongestLook)
        {
            var progress = await session.Ask(new FollowJob(job), ct);
            pace.Look(progress);
            show(progress, pace);
            if (Pace.IsOver(progress)) return progress;
            await Task.Delay(pause, ct);
        }
    }

    private static bool Same(IReadOnlyDictionary<string, int> left, IReadOnlyDictionary<string, int> right) =>
        left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out var count) && count == pair.Value);
}
