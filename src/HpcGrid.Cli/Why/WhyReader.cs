using HpcGrid.Cli.Jobs;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Why;

/// <summary>
/// Asks central for all that explains a job. Of a master it looks at its failed subjobs and explains the most frequent failure by an example.
/// </summary>
internal sealed class WhyReader(Session session)
{
    public async Task<Explanation> Explain(long job, CancellationToken ct)
    {
        var detail = await session.Ask(new DescribeJob(job), ct);
        return detail.Line.Children is null ? WhyRules.Explain(await Read(detail, ct)) : await ExplainMaster(detail, ct);
    }

    private async Task<WhyFacts> Read(JobDetail detail, CancellationToken ct)
    {
        var job = detail.Line.Job;
        var trace = session.Ask(new TraceJob(job), ct);
        var log = session.Ask(new ReadLog(job), ct);
        var progress = session.Ask(new FollowJob(job), ct);
        var sites = detail.Line.State is "WAITING" or "OVER_WAITING" ? await Sites(job, ct) : null;
        return new WhyFacts(detail, (await trace).Events, await log, sites, (await progress).Now);
    }

    private async Task<SiteMatches?> Sites(long job, CancellationToken ct)
    {
        try { return await session.Ask(new MatchSites(null, [], job), ct); }
        // It may have been given out in this moment: then no site is asked any more.
        catch (GridError e) when (e.Code is ErrorCode.Conflict or ErrorCode.Invalid) { return null; }
    }

    private async Task<Explanation> ExplainMaster(JobDetail master, CancellationToken ct)
    {
        var groups = new FailureGroups();
        var failed = JobStateGroups.Parse("failed").Select(state => Core.Jobs.JobStates.Text(state));
        await foreach (var line in JobPages.All(session, new ListJobs { Master = master.Line.Job, States = [.. failed] }, ct))
        {
            groups.Add(line);
            if (groups.Count == Limits.FailuresLookedAt) break;
        }
        var facts = await Read(master, ct);
        var whole = WhyRules.Explain(facts with { Log = new JobLog(master.Line.Job, master.Line.State, "", "", []) });
        var counts = JobText.Subjobs(master.Line);
        if (groups.List() is not [var worst, ..] list) return whole with { What = $"{whole.What} They are: {counts}." };
        var example = WhyRules.Explain(await Read(await session.Ask(new DescribeJob(worst.Examples[0]), ct), ct));
        var most = groups.Count == Limits.FailuresLookedAt ? $" (of the last {groups.Count} failures)" : "";
        return whole with
        {
            Cause = "subjobs-" + example.Cause,
            What = $"Its subjobs: {counts}. Most frequent{most}, as in job {example.Job}: {example.What}",
            ToDo = [.. example.ToDo, $"See them all: hpcgrid ps --master {master.Line.Job} --failed",
                $"When the cause is gone: hpcgrid resubmit --failed {master.Line.Job}"],
            Failures = list,
            LastLinesOf = example.LastLinesOf is { } of ? $"{of} of job {example.Job}" : null,
            LastLines = example.LastLines,
        };
    }
}
