using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Cli.Report;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid report`.</summary>
internal sealed class ReportCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "A production, or a single job." };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "The page (report-JOB.html unless given; - for standard output).",
        HelpName = "FILE" };

    public ReportCommand() : base("report",
        "A production as one HTML page that needs nothing else: timeline by node, failures by reason, what the jobs used, the slowest jobs.",
        "hpcgrid report 101",
        "hpcgrid report 101 -o /srv/www/report.html")
    {
        Add(_job);
        Add(_output);
        _job.CompletionSources.Add(JobCompletion.Jobs);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var job = parsed.GetValue(_job);
        var file = parsed.GetValue(_output) ?? $"report-{job}.html";
        var data = await Read(session, job, ct);
        var page = ReportPage.Of(data);
        if (file == "-")
        {
            await session.Terminal.Output.WriteAsync(page);
            return ExitCodes.Ok;
        }
        await ExportCommand.IntoFile(file, async to => { await to.WriteAsync(page); return data.Jobs; });
        var document = new ReportDocument(Path.GetFullPath(file), data.Jobs, data.Failures.Count);
        session.Show(document, () => session.Terminal.Output.WriteLine($"{Words.Printable(file)}: {data.Jobs} jobs, {data.Failures.Count} failed"));
        return ExitCodes.Ok;
    }

    private static async Task<ReportData> Read(Session session, long job, CancellationToken ct)
    {
        var detail = await session.Ask(new DescribeJob(job), ct);
        var progress = await session.Ask(new FollowJob(job), ct);
        var need = Needs(detail);
        var data = new ReportData(detail.Line, progress.Now, need.Cores, need.MemoryMib);
        var listing = detail.Line.Children is null ? new ListJobs { Jobs = [job] } : new ListJobs { Master = job };
        await foreach (var line in JobPages.All(session, listing, ct)) data.Add(line);
        return data;
    }

    /// <summary>What each job asked for, as the production's description says; a DAG's nodes may differ from it.</summary>
    private static Resources Needs(JobDetail detail)
    {
        try { return JobDescription.Read(detail.Jdl, []).Resources; }
        catch (GridError) { return Resources.Default; }
    }
}
