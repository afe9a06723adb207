using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>Does one thing to several jobs and tells of each what became of it.</summary>
internal abstract class JobActionCommand : GridCommand
{
    private readonly Argument<long[]> _jobs = new("jobs") { Description = "The jobs; of a master, its subjobs.", Arity = ArgumentArity.OneOrMore };

    protected JobActionCommand(string name, string description, params string[] examples) : base(name, description, examples) => Add(_jobs);

    protected abstract Request<JobActions> Request(IReadOnlyList<long> jobs);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var actions = await session.Ask(Request(parsed.GetValue(_jobs) ?? []), ct);
        session.Show(actions, () =>
        {
            foreach (var action in actions.Jobs)
                (action.Ok ? session.Terminal.Output : session.Terminal.Error).WriteLine($"job {action.Job}: {Words.Printable(action.Message)}");
        });
        return actions.Jobs.All(action => action.Ok) ? ExitCodes.Ok : ExitCodes.Conflict;
    }
}

/// <summary>`hpcgrid kill`.</summary>
internal sealed class KillCommand() : JobActionCommand("kill", "Kill jobs; a master's unfinished subjobs with it. Exit code 6 when one could not be.",
    "hpcgrid kill 101", "hpcgrid kill 102 103 104")
{
    protected override Request<JobActions> Request(IReadOnlyList<long> jobs) => new KillJobs(jobs);
}

/// <summary>`hpcgrid resubmit`.</summary>
internal sealed class ResubmitCommand()
    : JobActionCommand("resubmit", "Run failed jobs again under the same number; of a master, its failed subjobs.",
    "hpcgrid resubmit 102", "hpcgrid resubmit 101     # all failed subjobs of 101")
{
    protected override Request<JobActions> Request(IReadOnlyList<long> jobs) => new ResubmitJobs(jobs);
}
