using System.CommandLine;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid rm`.</summary>
internal sealed class RmCommand : GridCommand
{
    private readonly Argument<string[]> _paths = new("paths") { Description = "Catalogue paths.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _recursive = new("--recursive", "-r") { Description = "Directories with all that is in them." };

    public RmCommand() : base("rm", "Remove files, empty directories, or with -r whole trees from the catalogue.", "hpcgrid rm decay/physics.txt",
        "hpcgrid rm -r decay/out")
    {
        Add(_paths);
        _paths.CompletionSources.Add(PathCompletion.Paths);
        Add(_recursive);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        foreach (var path in parsed.GetValue(_paths) ?? [])
            await session.Ask(new RemoveEntry((await session.Resolve(path, ct)).Path, parsed.GetValue(_recursive)), ct);
        return ExitCodes.Ok;
    }
}
