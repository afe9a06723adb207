using System.CommandLine;
using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid whoami`.</summary>
internal sealed class WhoamiCommand() : GridCommand("whoami", "Who central thinks you are.", "hpcgrid whoami", "hpcgrid whoami --json | jq -r .home")
{
    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var identity = await session.Identity(ct);
        session.Show(identity, () =>
        {
            var output = session.Terminal.Output;
            output.WriteLine($"{identity.User} ({string.Join(", ", identity.Roles)}) of {identity.Vo} at {session.Address.Resolve()}");
            output.WriteLine($"home: {identity.Home}");
            if (identity.CertificateEnds is { } end) output.WriteLine($"certificate ends: {Words.Time(end)}");
        });
        return ExitCodes.Ok;
    }
}
