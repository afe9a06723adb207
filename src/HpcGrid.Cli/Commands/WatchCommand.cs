using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Watch;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid watch`.</summary>
internal sealed class WatchCommand : GridCommand
{
    private readonly Argument<long?> _job = new("job") { Description = "The job; without one, all your jobs.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _lines = new("--lines") { Description = "A line for each change, as in a pipe, on a terminal too." };

    public WatchCommand() : base("watch",
        "Follow a job or a production live on a full screen: by state, node by node, rate, estimated end; ? shows the keys. "
        + "Ends with the job unless a key was pressed. Exit code 1 when a job failed.",
        "hpcgrid watch 101",
        "hpcgrid watch                             # all my jobs",
        "hpcgrid watch 101 && hpcgrid cp -r grid:out results",
        "hpcgrid watch 101 | tee progress.txt      # in a pipe: a line for each change",
        "hpcgrid watch 101 --json                  # waits in silence, then the last state as JSON")
    {
        Add(_job);
        Add(_lines);
        _job.CompletionSources.Add(JobCompletion.Jobs);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.JobFailed, "a job has failed")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        session.Patience = Limits.WatchPatience;
        var full = session.Terminal is { OutputIsLive: true, InputIsPerson: true } && !session.Json && !parsed.GetValue(_lines);
        if (parsed.GetValue(_job) is not { } job)
        {
            if (!full) throw GridError.Invalid("which job is to be watched?", "Without a terminal name one: hpcgrid watch 101. Your jobs: hpcgrid ps");
            await new WatchLoop(session).Run(new WatchPlace(null, WatchView.List, WatchFilter.All, 0), ct);
            return ExitCodes.Ok;
        }
        if (!full)
        {
            var last = await new Follower(session, onError: false).Follow(job, quiet: session.Json, ct);
            session.Show(last, () => session.Terminal.Output.WriteLine(JobRun.Summary(last)));
            return Pace.Failed(last) == 0 ? ExitCodes.Ok : ExitCodes.JobFailed;
        }
        var line = (await session.Ask(new DescribeJob(job), ct)).Line;
        // Of a production that goes on, what runs is looked at first.
        var filter = JobText.IsFinal(line.State) ? WatchFilter.All : WatchFilter.Running;
        await new WatchLoop(session).Run(new WatchPlace(job, line.Children is null ? WatchView.Details : WatchView.List, filter, 0), ct);
        var progress = await session.Ask(new FollowJob(job), CancellationToken.None);
        session.Terminal.Output.WriteLine(Pace.IsOver(progress) ? JobRun.Summary(progress) : ProgressText.Line(progress, new Pace()));
        if (!Pace.IsOver(progress)) session.Terminal.Error.WriteLine($"job {job} goes on; hpcgrid kill {job} ends it");
        return Pace.Failed(progress) == 0 ? ExitCodes.Ok : ExitCodes.JobFailed;
    }
}
