using System.CommandLine;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid mkdir`.</summary>
internal sealed class MkdirCommand : GridCommand
{
    private readonly Argument<string[]> _paths = new("paths") { Description = "Catalogue paths.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _parents = new("--parents", "-p") { Description = "Make those above too; no error when it exists." };

    public MkdirCommand() : base("mkdir", "Make directories in the catalogue.", "hpcgrid mkdir decay", "hpcgrid mkdir -p decay/out/2026")
    {
        Add(_paths);
        Add(_parents);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        foreach (var path in parsed.GetValue(_paths) ?? [])
            await session.Ask(new MakeDirectory((await session.Resolve(path, ct)).Path, parsed.GetValue(_parents)), ct);
        return ExitCodes.Ok;
    }
}
