using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Commands;

/// <summary>The options that choose jobs, the same in `ps`, `export`, `kill` and `resubmit`. Central does the choosing.</summary>
internal sealed class JobFilter
{
    private readonly Option<string[]> _states = new("--state", "-s")
    {
        Description = "Only jobs in this state (RUNNING, ERROR_E, …) or group (failed, running, waiting, active, done, ended, lost); a comma joins several.",
        HelpName = "STATE",
    };
    private readonly Option<bool> _failed = new("--failed") { Description = "Only failed jobs." };
    private readonly Option<bool> _running = new("--running") { Description = "Only running jobs, subjobs included." };
    private readonly Option<bool> _waiting = new("--waiting") { Description = "Only jobs that have not started." };
    private readonly Option<long?> _master = new("--master", "-m") { Description = "Only the subjobs of this job.", HelpName = "JOB" };
    private readonly Option<bool> _subjobs = new("--subjobs", "-S") { Description = "Subjobs of all masters too." };
    private readonly Option<string?> _name = new("--name") { Description = "Only jobs of this name; * and ? stand for any characters.", HelpName = "PATTERN" };
    private readonly Option<string?> _tag = new("--tag") { Description = "Only jobs with such a JobTag.", HelpName = "PATTERN" };
    private readonly Option<string?> _site = new("--site") { Description = "Only jobs at such a site, subjobs included.", HelpName = "PATTERN" };
    private readonly Option<string?> _node = new("--node") { Description = "Only jobs on such a node, subjobs included.", HelpName = "PATTERN" };
    private readonly Option<string?> _since = new("--since")
    {
        Description = "Only jobs submitted since then: 2h, 3d, today, 2026-03-01, \"2026-03-01 12:00\".",
        HelpName = "TIME",
    };
    private readonly Option<string?> _user = new("--user", "-u") { Description = "This user's jobs (administrators).", HelpName = "USER" };
    private readonly Option<bool> _all = new("--all-users", "-a") { Description = "Everybody's jobs (administrators)." };

    public JobFilter(Command command)
    {
        foreach (var option in (Option[])[_states, _failed, _running, _waiting, _master, _subjobs, _name, _tag, _site, _node, _since, _user, _all])
            command.Add(option);
        _states.CompletionSources.Add(_ => [.. JobStateGroups.Names.Concat(Enum.GetValues<JobState>().Select(state => state.Text()))
            .Select(name => new System.CommandLine.Completions.CompletionItem(name))]);
        _master.CompletionSources.Add(JobCompletion.Jobs);
    }

    /// <summary>True when any of the options was given.</summary>
    public bool IsGiven(ParseResult parsed) =>
        Read(parsed) is var asked && (asked.States.Count > 0 || asked.Master is not null || asked.Subjobs || asked.Name is not null || asked.Tag is not null
            || asked.Since is not null || asked.User is not null || asked.AllUsers);

    /// <summary>States are chosen and nothing else.</summary>
    public bool IsOnlyStates(ParseResult parsed) =>
        Read(parsed) is { States.Count: > 0, Subjobs: false, Master: null, Name: null, Tag: null, Since: null, User: null, AllUsers: false };

    /// <summary>More is asked than one's own jobs.</summary>
    public bool IsOfOthers(ParseResult parsed) => parsed.GetValue(_all) || parsed.GetValue(_user) is not null;

    /// <summary>The request for central. Throws GridError(Invalid).</summary>
    public ListJobs Read(ParseResult parsed)
    {
        var states = States(parsed).Distinct().ToList();
        var (site, node) = (parsed.GetValue(_site), parsed.GetValue(_node));
        return new ListJobs
        {
            States = [.. states.Select(state => state.Text())],
            Master = parsed.GetValue(_master),
            Subjobs = parsed.GetValue(_subjobs) || site is not null || node is not null || parsed.GetValue(_running)
                || (states.Count > 0 && states.TrueForAll(JobStateGroups.IsOfSubjobs)),
            Name = parsed.GetValue(_name),
            Tag = parsed.GetValue(_tag),
            Site = site,
            Node = node,
            Since = parsed.GetValue(_since) is { } since ? TimeText.Since(since, TimeProvider.System.GetUtcNow()) : null,
            User = parsed.GetValue(_user),
            AllUsers = parsed.GetValue(_all),
        };
    }

    private IEnumerable<JobState> States(ParseResult parsed)
    {
        var groups = (parsed.GetValue(_states) ?? []).ToList();
        if (parsed.GetValue(_failed)) groups.Add("failed");
        if (parsed.GetValue(_running)) groups.Add("running");
        if (parsed.GetValue(_waiting)) groups.Add("waiting");
        return groups.SelectMany(JobStateGroups.Parse);
    }
}
