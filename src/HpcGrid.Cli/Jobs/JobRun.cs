using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Jobs;

/// <summary>What follows a submission: watch to the end, fetch, sum up.</summary>
internal sealed class JobRun(Session session)
{
    /// <summary>The exit code: 0 when every job is DONE.</summary>
    public async Task<int> Finish(Submitted submitted, string? folder, bool fetch, CancellationToken ct)
    {
        if (!session.Json) session.Terminal.Error.WriteLine(Words.Of(submitted));
        var progress = await new Follower(session, onError: true).Follow(submitted.Job, quiet: session.Json, ct);
        var results = fetch && Pace.Done(progress) > 0
            ? await new ResultFetcher(session, new TransferMeter()).Fetch(submitted.Job, folder ?? $"hpcgrid-job-{submitted.Job}", ct)
            : null;
        session.Show(new RunDocument(progress, results), () =>
        {
            session.Terminal.Output.WriteLine(Summary(progress));
            if (results is not null)
                session.Terminal.Output.WriteLine($"results: {Words.Files(results.Files, results.Bytes)} in {results.To} (checksums verified)");
            if (Pace.Failed(progress) > 0) session.Terminal.Error.WriteLine(WhatToDo(submitted));
        });
        return Pace.Failed(progress) == 0 ? ExitCodes.Ok : ExitCodes.JobFailed;
    }

    /// <summary>"200 jobs: 200 DONE, 0 failed in 31.5 s".</summary>
    public static string Summary(JobProgress progress)
    {
        var total = Math.Max(1, Pace.Total(progress));
        var time = ((progress.EndedAt ?? progress.Now) - progress.SubmittedAt).TotalSeconds;
        var done = Pace.Total(progress) == 0 ? 1 - Failures(progress) : Pace.Done(progress);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{total} {(total == 1 ? "job" : "jobs")}: {done} DONE, {total - done} failed in {time:0.0} s");
    }

    private static int Failures(JobProgress progress) => progress.State is "DONE" or "DONE_WARN" ? 0 : 1;

    private static string WhatToDo(Submitted submitted) => submitted.Subjobs > 0
        ? $"  See which: hpcgrid ps --master {submitted.Job} --failed. Why: hpcgrid trace JOB, hpcgrid logs JOB. Again: hpcgrid resubmit {submitted.Job}"
        : $"  Why: hpcgrid trace {submitted.Job}, hpcgrid logs {submitted.Job}. Again: hpcgrid resubmit {submitted.Job}";
}
