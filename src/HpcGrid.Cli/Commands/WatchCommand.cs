using System.CommandLine;
using HpcGrid.Cli.Jobs;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid watch`.</summary>
internal sealed class WatchCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "The job." };

    public WatchCommand() : base("watch",
        "Follow a job or a production live: by state, node by node, rate, estimated end. Exit code 1 when a job failed.",
        "hpcgrid watch 101",
        "hpcgrid watch 101 && hpcgrid cp -r grid:out results",
        "hpcgrid watch 101 | tee progress.txt      # in a pipe: a line for each change",
        "hpcgrid watch 101 --json                  # waits in silence, then the last state as JSON") => Add(_job);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        session.Patience = Limits.WatchPatience;
        var progress = await new Follower(session, onError: false).Follow(parsed.GetValue(_job), quiet: session.Json, ct);
        session.Show(progress, () => session.Terminal.Output.WriteLine(JobRun.Summary(progress)));
        return Pace.Failed(progress) == 0 ? ExitCodes.Ok : ExitCodes.JobFailed;
    }
}
