using System.CommandLine;
using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid submit`.</summary>
internal sealed class SubmitCommand : GridCommand
{
    private readonly SubmitOptions _options;

    public SubmitCommand() : base("submit", "Submit a job description or a plain command; prints the job's number.",
        "hpcgrid submit production.jdl",
        "hpcgrid submit --upload examples/decay/decay.jdl 50 first   # 50 and first are $1 and $2 in it",
        "hpcgrid submit -- /bin/hostname                             # a plain command, no shell",
        "hpcgrid submit -n 100 -- /bin/echo 'job #alien_counter#'    # a hundred of them",
        "job=$(hpcgrid submit --json job.jdl | jq .job)") => _options = new SubmitOptions(this);

    public override bool TakesPlainCommand => true;

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var submitted = await _options.Submit(this, parsed, session, ct);
        session.Show(submitted, () =>
        {
            session.Terminal.Output.WriteLine(Words.Of(submitted));
            if (session.Terminal.ErrorIsLive) session.Terminal.Error.WriteLine($"  Follow it: hpcgrid watch {submitted.Job}");
        });
        return ExitCodes.Ok;
    }
}
