using System.CommandLine;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid mv`.</summary>
internal sealed class MvCommand : GridCommand
{
    private readonly Argument<string> _from = new("from") { Description = "Catalogue path." };
    private readonly Argument<string> _to = new("to") { Description = "New path; an existing directory means into it." };

    public MvCommand() : base("mv", "Rename or move a file or directory of the catalogue.", "hpcgrid mv decay/first decay/2026",
        "hpcgrid mv a.txt archive/")
    {
        Add(_from);
        Add(_to);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        await session.Ask(new MoveEntry((await session.Resolve(parsed.GetValue(_from)!, ct)).Path,
            (await session.Resolve(parsed.GetValue(_to)!, ct)).Path), ct);
        return ExitCodes.Ok;
    }
}
