using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid ps`.</summary>
internal sealed class PsCommand : GridCommand
{
    private readonly Argument<long[]> _jobs = new("jobs") { Description = "Only these jobs.", Arity = ArgumentArity.ZeroOrMore };
    private readonly JobFilter _filter;
    private readonly Option<int> _limit = new("--limit", "-l") { Description = "At most so many lines; 0 for all.", DefaultValueFactory = _ => 50,
        HelpName = "N" };
    private readonly Option<long?> _before = new("--before") { Description = "Only jobs with a smaller number: the next page.", HelpName = "JOB" };
    private readonly Option<bool> _csv = new("--csv") { Description = "As CSV, with what each job used." };

    public PsCommand() : base("ps", "List your jobs, newest first.",
        "hpcgrid ps",
        "hpcgrid ps --master 101 --failed       # which subjobs failed, and why",
        "hpcgrid ps --running --node 'nid0*'    # what runs on these nodes",
        "hpcgrid ps --since 2d --name 'sim*' --tag 'pass 2'",
        "hpcgrid ps --state ERROR_E,ERROR_V --subjobs --limit 0 --csv > failed.csv",
        "hpcgrid ps --running --json | jq '.jobs[].node'")
    {
        Add(_jobs);
        _filter = new JobFilter(this);
        foreach (var option in (Option[])[_limit, _before, _csv]) Add(option);
        _jobs.CompletionSources.Add(JobCompletion.Jobs);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var (limit, csv) = (parsed.GetValue(_limit), parsed.GetValue(_csv));
        if (limit < 0) throw GridError.Invalid($"--limit {limit} is not possible", "Give 0 for all, or how many.");
        if (csv && session.Json) throw GridError.Invalid("--csv and --json exclude each other", "Give one of them.");
        var listing = _filter.Read(parsed) with { Jobs = parsed.GetValue(_jobs) ?? [], Before = parsed.GetValue(_before) };
        if (csv) await JobCsv.Write(session.Terminal.Output, JobPages.All(session, listing, ct), limit == 0 ? long.MaxValue : limit);
        else
        {
            var list = await JobPages.Take(session, listing, limit == 0 ? int.MaxValue : limit, ct);
            session.Show(list, () => Write(list, session.Terminal, _filter.IsOfOthers(parsed), _filter.IsGiven(parsed)));
        }
        return ExitCodes.Ok;
    }

    private static void Write(JobList list, Terminal terminal, bool users, bool filtered)
    {
        var table = new TextTable("JOB", "STATE", "USER", "NAME", "SUBJOBS", "NODE", "SUBMITTED", "TIME", "WHY").Right(0);
        foreach (var job in list.Jobs)
            table.Add(Words.Number(job.Job), job.State, job.User, job.Name, JobText.Subjobs(job), job.Node, Words.Time(job.SubmittedAt),
                JobText.Time(job), JobText.Why(job));
        table.Write(terminal, filtered ? "No such jobs." : users ? "No jobs." : "No jobs. Submit one: hpcgrid submit -- /bin/echo hello");
        if (list.Next is { } next) terminal.Error.WriteLine($"There are older ones: the same with --before {next}, or with --limit 0 for all.");
    }
}
