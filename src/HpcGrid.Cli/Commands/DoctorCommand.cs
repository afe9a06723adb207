using System.CommandLine;
using HpcGrid.Cli.Doctor;
using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid doctor`.</summary>
internal sealed class DoctorCommand : GridCommand
{
    private readonly Option<string?> _bridge = new("--bridge")
    {
        Description = "On a login node: the bridge's configuration, to look at spool, ledger and batch system (the local grid's unless given).",
        HelpName = "FILE",
    };

    public DoctorCommand() : base("doctor",
        "Look at everything that jobs depend on, change nothing, and say what is wrong and how to mend it: installation, certificates, clock, central, "
        + "bridges, spool, batch system. Exit code 1 when something is wrong.",
        "hpcgrid doctor",
        "hpcgrid doctor --bridge /etc/hpcgrid/bridge.yaml        # on a login node",
        "hpcgrid doctor --json | jq '.findings[] | select(.health == \"Bad\")'") => Add(_bridge);

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Unhealthy, "something is wrong")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var diagnosis = await new DoctorProbe(session, parsed.GetValue(SharedOptions.Config), parsed.GetValue(_bridge)).Look(ct);
        session.Show(diagnosis, () => Write(diagnosis, session.Terminal));
        return diagnosis.Healthy ? ExitCodes.Ok : ExitCodes.Unhealthy;
    }

    private static void Write(Diagnosis diagnosis, Terminal terminal)
    {
        var wide = diagnosis.Findings.Max(finding => finding.Check.Length);
        foreach (var finding in diagnosis.Findings)
        {
            var (word, colour) = finding.Health switch { Health.Good => ("ok", 32), Health.Doubtful => ("look", 33), _ => ("WRONG", 31) };
            var mark = terminal.OutputIsLive ? AnsiText.Coloured(colour, $"{word,-5}") : $"{word,-5}";
            terminal.Output.WriteLine($"{mark}  {Words.Printable(finding.Check).PadRight(wide)}  {Words.Printable(finding.What)}");
            if (finding.Remedy is { } remedy) terminal.Output.WriteLine($"{new string(' ', wide + 9)}→ {Words.Printable(remedy)}");
        }
        var bad = diagnosis.Findings.Count(finding => finding.Health == Health.Bad);
        if (bad > 0) terminal.Error.WriteLine($"{bad} {(bad == 1 ? "thing is" : "things are")} wrong.");
    }
}
