using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid submit`.</summary>
internal sealed class SubmitCommand : GridCommand
{
    private readonly SubmitOptions _options;
    private readonly Option<bool> _dryRun =
        new("--dry-run") { Description = "Submit nothing: check the description as a submission would, and show what would run." };
    private readonly Option<bool> _listMatch = new("--list-match")
    {
        Description = "Submit nothing: which sites match, best first, and why the others do not. Exit code 6 when none does.",
    };

    public SubmitCommand() : base("submit", "Submit a job description or a plain command; prints the job's number.",
        "hpcgrid submit production.jdl",
        "hpcgrid submit --upload examples/decay/decay.jdl 50 first   # 50 and first are $1 and $2 in it",
        "hpcgrid submit -- /bin/hostname                             # a plain command, no shell",
        "hpcgrid submit --array 1-100 --input bin/sim -- sim --seed {}",
        "hpcgrid submit --each-line files.txt -- /bin/sh -c 'gzip -t \"$0\"' {}",
        "find . -name '*.dat' -print0 | hpcgrid submit --each-line - --null -- /usr/bin/md5sum",
        "hpcgrid submit --dry-run production.jdl                     # what would run",
        "hpcgrid submit --list-match production.jdl                  # where it could run, and why not elsewhere",
        "hpcgrid submit --max-fails 10 production.jdl                # stop when ten have failed",
        "sed s/OLD/NEW/ job.jdl | hpcgrid submit -",
        "job=$(hpcgrid submit --json job.jdl | jq .job)")
    {
        _options = new SubmitOptions(this);
        Add(_dryRun);
        Add(_listMatch);
    }

    public override bool TakesPlainCommand => true;

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Conflict, "with --list-match: no site matches")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        if (parsed.GetValue(_dryRun) && parsed.GetValue(_listMatch)) throw GridError.Invalid("--dry-run and --list-match exclude each other",
            "Give one of them.");
        if (parsed.GetValue(_dryRun))
        {
            var ready = await _options.Prepare(this, parsed, session, ct);
            var plan = await session.Ask(new PlanJob(ready.Text, ready.Arguments), ct);
            SubmitOptions.TellRemarks(session, plan.Remarks);
            session.Show(plan, () => PlanText.Write(plan, session.Terminal));
            return ExitCodes.Ok;
        }
        if (parsed.GetValue(_listMatch))
        {
            var ready = await _options.Prepare(this, parsed, session, ct);
            var matches = await session.Ask(new MatchSites(ready.Text, ready.Arguments, null), ct);
            session.Show(matches, () => PlanText.Write(matches, session.Terminal));
            return matches.Sites.Any(site => site.Matches) ? ExitCodes.Ok : ExitCodes.Conflict;
        }
        var submitted = await _options.Submit(this, parsed, session, ct);
        session.Show(submitted, () =>
        {
            session.Terminal.Output.WriteLine(Words.Of(submitted));
            if (session.Terminal.ErrorIsLive) session.Terminal.Error.WriteLine($"  Follow it: hpcgrid watch {submitted.Job}");
        });
        return ExitCodes.Ok;
    }
}
