using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Commands;

/// <summary>Does one thing to several jobs, named or chosen by filters, and tells of each what became of it.</summary>
internal abstract class JobActionCommand : GridCommand
{
    private readonly Argument<long[]> _jobs = new("jobs") { Description = "The jobs; of a master, its subjobs.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask, whatever the options choose." };

    protected JobActionCommand(string name, string description, params string[] examples) : base(name, description, examples)
    {
        Add(_jobs);
        Filter = new JobFilter(this);
        Add(_yes);
        _jobs.CompletionSources.Add(JobCompletion.Jobs);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Conflict, "it was not possible for one of them, or nobody said yes")];

    protected JobFilter Filter { get; }

    protected abstract Request<JobActions> Request(IReadOnlyList<long> jobs);

    /// <summary>The jobs that make sense among those chosen by filters.</summary>
    protected abstract bool Takes(JobState state);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var named = parsed.GetValue(_jobs) ?? [];
        var jobs = Filter.IsGiven(parsed) ? await Chosen(parsed, session, named, ct) : named;
        if (jobs.Count == 0 && !Filter.IsGiven(parsed)) throw GridError.Invalid($"there is nothing to {Name}",
            $"Name jobs (hpcgrid {Name} 101 102) or choose them (hpcgrid {Name} --master 101 --waiting).");
        var actions = new List<JobAction>();
        foreach (var chunk in jobs.Chunk(Limits.JobsPerRequest)) actions.AddRange((await session.Ask(Request(chunk), ct)).Jobs);
        session.Show(new JobActions(actions), () => Write(actions, session.Terminal));
        return actions.All(action => action.Ok) ? ExitCodes.Ok : ExitCodes.Conflict;
    }

    private static void Write(List<JobAction> actions, Terminal terminal)
    {
        if (actions.Count == 0) terminal.Error.WriteLine("No such jobs.");
        foreach (var action in actions)
            (action.Ok ? terminal.Output : terminal.Error).WriteLine($"job {action.Job}: {Words.Printable(action.Message)}");
    }

    private async Task<IReadOnlyList<long>> Chosen(ParseResult parsed, Session session, long[] named, CancellationToken ct)
    {
        var listing = Filter.Read(parsed);
        if (named.Length > 0 && Filter.IsOnlyStates(parsed) && IsWhatAMasterMeans(listing.States)) return await WithoutOthers(session, named, ct);
        var jobs = new List<long>();
        foreach (var each in named.Length == 0 ? [listing] : await Below(session, listing, named, ct))
            await foreach (var line in JobPages.All(session, each, ct))
                if (JobStates.TryParse(line.State, out var state) && Takes(state)) jobs.Add(line.Job);
        if (jobs.Count > 0 && !parsed.GetValue(_yes) && !session.Terminal.Confirm($"{Name} {jobs.Count} {(jobs.Count == 1 ? "job" : "jobs")}?"))
            throw GridError.Conflict($"nothing was done to the {jobs.Count} jobs chosen",
                $"Look at them with hpcgrid ps and the same options; add --yes to {Name} them.");
        return jobs;
    }

    /// <summary>Central does it to just these subjobs when it is given their master.</summary>
    protected virtual bool IsWhatAMasterMeans(IReadOnlyList<string> states) => false;

    /// <summary>Named masters as they are, and of other jobs those that make sense.</summary>
    private async Task<IReadOnlyList<long>> WithoutOthers(Session session, long[] named, CancellationToken ct)
    {
        var jobs = new List<long>();
        foreach (var job in named)
            if ((await session.Ask(new DescribeJob(job), ct)).Line is var line
                && (line.Children is not null || (JobStates.TryParse(line.State, out var state) && Takes(state)))) jobs.Add(job);
        return jobs;
    }

    /// <summary>The options choose among the subjobs of a named master, and say whether a named job is meant.</summary>
    private static async Task<List<ListJobs>> Below(Session session, ListJobs listing, long[] named, CancellationToken ct)
    {
        var listings = new List<ListJobs>();
        foreach (var job in named)
            listings.Add((await session.Ask(new DescribeJob(job), ct)).Line.Children is null ? listing with { Jobs = [job] } : listing with { Master = job });
        return listings;
    }
}

/// <summary>`hpcgrid kill`.</summary>
internal sealed class KillCommand() : JobActionCommand("kill",
    "Kill jobs; a master's unfinished subjobs with it. With options, those that they choose. Exit code 6 when one could not be.",
    "hpcgrid kill 101", "hpcgrid kill 102 103 104", "hpcgrid kill 101 --waiting          # what has not started of 101",
    "hpcgrid kill --running --node nid00012 --yes")
{
    protected override Request<JobActions> Request(IReadOnlyList<long> jobs) => new KillJobs(jobs);
    protected override bool Takes(JobState state) => !state.IsFinal();
}

/// <summary>`hpcgrid resubmit`.</summary>
internal sealed class ResubmitCommand() : JobActionCommand("resubmit",
    "Run jobs again under the same number; of a master, its failed subjobs. With options, those failed jobs that they choose.",
    "hpcgrid resubmit 102", "hpcgrid resubmit --failed 101 --yes             # all failed subjobs of 101",
    "hpcgrid resubmit 101 --state ERROR_V,EXPIRED    # only those of them")
{
    protected override Request<JobActions> Request(IReadOnlyList<long> jobs) => new ResubmitJobs(jobs);
    protected override bool Takes(JobState state) => state.IsFailure();
    protected override bool IsWhatAMasterMeans(IReadOnlyList<string> states) =>
        states.ToHashSet().SetEquals(JobStateGroups.Parse("failed").Select(state => state.Text()));
}
