using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid ps`.</summary>
internal sealed class PsCommand : GridCommand
{
    private readonly Argument<long[]> _jobs = new("jobs") { Description = "Only these jobs.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _states = new("--state",
        "-s") { Description = "Only jobs in this state (RUNNING, DONE, ERROR_E …); may be repeated.", HelpName = "STATE" };
    private readonly Option<bool> _failed = new("--failed") { Description = "Only failed jobs." };
    private readonly Option<long?> _master = new("--master", "-m") { Description = "The subjobs of this job.", HelpName = "JOB" };
    private readonly Option<bool> _all = new("--all-users", "-a") { Description = "Everybody's jobs (administrators)." };
    private readonly Option<int> _limit = new("--limit", "-l") { Description = "At most so many lines.", DefaultValueFactory = _ => 50,
        HelpName = "N" };
    private readonly Option<long?> _before = new("--before") { Description = "Only jobs with a smaller number: the next page.", HelpName = "JOB" };

    public PsCommand() : base("ps", "List your jobs, newest first.",
        "hpcgrid ps",
        "hpcgrid ps --master 101 --failed       # which subjobs failed, and why",
        "hpcgrid ps --state RUNNING --json | jq '.jobs[].node'")
    {
        Add(_jobs);
        foreach (var option in new Option[] { _states, _failed, _master, _all, _limit, _before }) Add(option);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var list = await session.Ask(new ListJobs
        {
            Jobs = parsed.GetValue(_jobs) ?? [],
            States = [.. States(parsed)],
            Master = parsed.GetValue(_master),
            AllUsers = parsed.GetValue(_all),
            Limit = parsed.GetValue(_limit),
            Before = parsed.GetValue(_before),
        }, ct);
        session.Show(list, () => Write(list, session.Terminal, parsed.GetValue(_all)));
        return ExitCodes.Ok;
    }

    private IEnumerable<string> States(ParseResult parsed)
    {
        foreach (var text in parsed.GetValue(_states) ?? [])
            yield return JobStates.TryParse(text, out var state)
                ? state.Text()
                : throw GridError.Invalid($"'{text}' is not a job state",
                    $"The states are {string.Join(", ", Enum.GetValues<JobState>().Select(known => known.Text()).Order(StringComparer.Ordinal))}.");
        if (!parsed.GetValue(_failed)) yield break;
        foreach (var failure in Enum.GetValues<JobState>().Where(state => state.IsFailure())) yield return failure.Text();
    }

    private static void Write(JobList list, Terminal terminal, bool users)
    {
        var table = new TextTable("JOB", "STATE", "USER", "NAME", "SUBJOBS", "NODE", "SUBMITTED", "TIME", "WHY").Right(0);
        foreach (var job in list.Jobs)
            table.Add(Words.Number(job.Job), job.State, job.User, job.Name, Subjobs(job), job.Node, Words.Time(job.SubmittedAt), Time(job),
                Why(job));
        table.Write(terminal, users ? "No jobs." : "No jobs. Submit one: hpcgrid submit -- /bin/echo hello");
        if (list.More) terminal.Error.WriteLine($"There are older ones: hpcgrid ps --before {list.Jobs.Min(job => job.Job)}");
    }

    private static string Subjobs(JobLine job) => job.Children is not { Count: > 0 } children
        ? ""
        : string.Join(" ", children.Where(state => state.Value > 0).OrderBy(state => StateColours.Order(state.Key)).Select(state =>
            $"{state.Value} {state.Key}"));

    private static string Time(JobLine job) =>
        job.StartedAt is { } started && job.EndedAt is { } ended && ended >= started ? Words.Duration(ended - started) : "";

    /// <summary>The reason, when it says more than the state does.</summary>
    private static string Why(JobLine job) =>
        job.Reason is { Length: > 0 } reason && (JobStates.TryParse(job.State, out var state) && state.IsFailure() || job.Attempt > 1) ? reason : Payload(job);

    private static string Payload(JobLine job) => job.Payload is { } payload && payload.ExitCode != 0 ? payload.Describe() : "";
}
