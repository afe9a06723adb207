using System.CommandLine;
using HpcGrid.Cli.Why;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid why`.</summary>
internal sealed class WhyCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "The job; of a master, its failed subjobs are summed up." };

    public WhyCommand() : base("why", "Why a job failed, or why it waits: what happened, where, its last lines, and what to do.",
        "hpcgrid why 102",
        "hpcgrid why 101                    # a master: its failures by reason",
        "hpcgrid why 102 --json | jq -r .cause")
    {
        Add(_job);
        _job.CompletionSources.Add(JobCompletion.Jobs);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var why = await new WhyReader(session).Explain(parsed.GetValue(_job), ct);
        session.Show(why, () => WhyText.Write(why, session.Terminal));
        return ExitCodes.Ok;
    }
}
