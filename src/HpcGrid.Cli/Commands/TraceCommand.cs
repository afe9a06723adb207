using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid trace`.</summary>
internal sealed class TraceCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "The job." };

    public TraceCommand() : base("trace", "What happened to a job, step by step: each attempt, where it ran, why it ended.",
        "hpcgrid trace 102",
        "hpcgrid trace 102 --json | jq '.events[-1]'") => Add(_job);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var trace = await session.Ask(new TraceJob(parsed.GetValue(_job)), ct);
        session.Show(trace, () =>
        {
            var table = new TextTable("TIME", "ATTEMPT", "SEEN BY", "WHAT");
            foreach (var happened in Happenings.InReadingOrder(trace.Events))
            {
                var branch = happened.Key.Branch > 0 ? $" (offer {happened.Key.Branch + 1})" : "";
                table.Add(Words.Time(happened.At), happened.Key.Attempt + branch, happened.Key.Source.ToString().ToLowerInvariant(),
                    Happenings.Describe(happened.What));
            }
            table.Write(session.Terminal, $"Nothing has happened to job {trace.Job} yet.");
        });
        return ExitCodes.Ok;
    }
}
