using HpcGrid.Cli.Files;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Local;

/// <summary>
/// The demo's production: upload, submit, watch, merge, fetch, verify. It ends well only when every job is DONE and every output has the
/// checksum that the catalogue says.
/// </summary>
internal sealed class Demo(Session session, string examples, string output)
{
    /// <summary>The exit code.</summary>
    public async Task<int> Run(int jobs, CancellationToken ct)
    {
        // Outputs never overwrite: each run has a directory of its own in the catalogue.
        var run = $"run-{DateTimeOffset.UtcNow:yyyyMMdd-HHmmss}";
        var production = await Submit("decay.jdl", [Words.Number(jobs), run], ct);
        var progress = await Follow(production.Job, ct);
        if (Pace.Failed(progress) > 0) return await TellFailures(production.Job, progress, ct);
        var merge = await Submit("merge.jdl", [run], ct);
        var merged = await Follow(merge.Job, ct);
        if (merged.State != "DONE") return await TellFailures(merge.Job, merged, ct);
        var meter = new TransferMeter();
        var fetcher = new ResultFetcher(session, meter);
        await fetcher.Fetch(production.Job, Path.Combine(output, "jobs"), ct);
        var results = await fetcher.Fetch(merge.Job, output, ct);
        session.Show(new RunDocument(progress, results with { To = Path.GetFullPath(output) }), () => WriteSummary(progress, meter));
        return ExitCodes.Ok;
    }

    /// <summary>A demo that is interrupted leaves no work behind for the next one.</summary>
    private async Task<JobProgress> Follow(long job, CancellationToken ct)
    {
        try { return await new Follower(session, onError: true).Follow(job, quiet: session.Json, ct); }
        catch (OperationCanceledException)
        {
            await session.Ask(new KillJobs([job]), CancellationToken.None);
            throw;
        }
    }

    private async Task<Submitted> Submit(string file, string[] arguments, CancellationToken ct)
    {
        var path = Path.Combine(examples, "decay", file);
        if (!File.Exists(path)) throw GridError.NotFound($"the example '{path}' is missing", "Name the examples' folder with --examples.");
        var jdl = await File.ReadAllTextAsync(path, ct);
        await new FilesBesideJdl(session).Upload(jdl, arguments, Path.GetDirectoryName(Path.GetFullPath(path))!, ct);
        var submitted = await session.Ask(new SubmitJob(jdl, arguments, Guid.NewGuid().ToString()), ct);
        if (!session.Json) session.Terminal.Error.WriteLine($"{file}: {Words.Of(submitted)}");
        return submitted;
    }

    private void WriteSummary(JobProgress progress, TransferMeter meter)
    {
        var to = session.Terminal.Output;
        to.WriteLine(JobRun.Summary(progress));
        to.WriteLine($"{meter.Files} outputs fetched, {Words.Size(meter.Bytes)}, every checksum verified");
        to.WriteLine($"outputs: {Path.GetFullPath(output)}");
        foreach (var picture in Directory.EnumerateFiles(output, "*.svg")) to.WriteLine($"picture: {Path.GetFullPath(picture)}");
    }

    private async Task<int> TellFailures(long job, JobProgress progress, CancellationToken ct)
    {
        session.Show(new RunDocument(progress, null), () => session.Terminal.Output.WriteLine(JobRun.Summary(progress)));
        var shown = 0;
        var listing = Pace.Total(progress) > 1 ? new ListJobs { Master = job } : new ListJobs { Jobs = [job] };
        await foreach (var line in JobPages.All(session, listing, ct))
            if (line.State != "DONE" && shown++ < Limits.FailuresShown)
                await session.Terminal.Error.WriteLineAsync($"  job {line.Job} on {line.Node}: {line.State} {line.Reason} {line.Payload?.Describe()}");
        return ExitCodes.JobFailed;
    }
}
