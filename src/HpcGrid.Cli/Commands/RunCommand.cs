using System.CommandLine;
using HpcGrid.Cli.Jobs;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid run`: submit, watch, fetch.</summary>
internal sealed class RunCommand : GridCommand
{
    private readonly SubmitOptions _options;
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Folder for the results (hpcgrid-job-NUMBER unless given).",
        HelpName = "DIR" };
    private readonly Option<bool> _noFetch = new("--no-fetch") { Description = "Leave the results in the catalogue." };

    public RunCommand() : base("run", "Submit, watch to the end, fetch the results with their checksums verified.",
        "hpcgrid run -- /bin/sh -c 'echo hello from $HPCGRID_NODE'",
        "hpcgrid run -o results production.jdl",
        "hpcgrid run -n 20 --save 'out_*.txt' -- /bin/sh -c 'date > out_#alien_counter#.txt'")
    {
        _options = new SubmitOptions(this);
        Add(_output);
        Add(_noFetch);
    }

    public override bool TakesPlainCommand => true;

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.JobFailed, "a job has failed")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        session.Patience = Limits.WatchPatience;
        var submitted = await _options.Submit(this, parsed, session, ct);
        return await new JobRun(session).Finish(submitted, parsed.GetValue(_output), fetch: !parsed.GetValue(_noFetch), ct);
    }
}
