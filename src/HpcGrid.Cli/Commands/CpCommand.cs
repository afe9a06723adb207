using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid cp`.</summary>
internal sealed class CpCommand : GridCommand
{
    private readonly Argument<string[]> _paths = new("paths")
    {
        Description = "Sources, then the target. grid:PATH is in the catalogue (relative to your home), "
            + "everything else on this machine (file:PATH for odd names).",
        Arity = new ArgumentArity(2, 100_000),
    };
    private readonly Option<bool> _recursive = new("--recursive", "-r") { Description = "Copy directories with all that is in them." };
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Replace what is there already." };
    private readonly Option<string> _on = new("--on")
    {
        Description = "Where copies in the catalogue are to lie, as in output options: disk=2, VO::SITE::SE, !VO::SITE::SE, separated by commas.",
        HelpName = "OPTIONS", DefaultValueFactory = _ => "",
    };

    public CpCommand() : base("cp", "Copy files between this machine and the catalogue, or within it, checksums verified.",
        "hpcgrid cp physics.txt grid:decay/physics.txt",
        "hpcgrid cp decay.sh validate.sh grid:bin/",
        "hpcgrid cp --on disk=2 table.csv grid:decay/       # two copies",
        "hpcgrid cp -r grid:decay/out results",
        "hpcgrid cp -r grid:decay/out grid:kept/out      # within the catalogue: no byte moves, but for members of archives",
        "hpcgrid cp grid:/hpcgrid/user/j/jdoe/a.txt .")
    {
        Add(_paths);
        _paths.CompletionSources.Add(PathCompletion.Places);
        Add(_recursive);
        Add(_force);
        Add(_on);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Conflict, "something of that name exists already"),
        (ExitCodes.Corrupt, "the bytes were not what the catalogue says")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var places = (parsed.GetValue(_paths) ?? []).Select(Place.Parse).ToList();
        var target = places[^1];
        var sources = places[..^1];
        var meter = new TransferMeter();
        var copy = new TreeCopy(session, meter, parsed.GetValue(_recursive), parsed.GetValue(_force), StorageWish.Parse(parsed.GetValue(_on)!));
        if (!target.InCatalogue && sources.Exists(source => !source.InCatalogue))
            throw GridError.Invalid("neither source nor target is in the catalogue",
                "Write catalogue paths as grid:PATH, for instance: hpcgrid cp a.txt grid:a.txt");
        if (sources.Count > 1 && !target.InCatalogue && !Directory.Exists(target.Path))
            throw GridError.NotFound($"there is no directory '{target.Path}' to copy {sources.Count} files into", "Make it first.");
        foreach (var source in sources)
            if (target.InCatalogue && source.InCatalogue)
                await copy.Across(await session.Resolve(source.Path, ct), await session.Resolve(target.Path, ct), IntoTarget(target.Path, sources.Count), ct);
            else if (target.InCatalogue) await copy.Up(source.Path, await session.Resolve(target.Path, ct), IntoTarget(target.Path, sources.Count), ct);
            else await copy.Down(await session.Resolve(source.Path, ct), target.Path, ct);
        var to = target.InCatalogue ? "grid:" + await session.Resolve(target.Path, ct) : Path.GetFullPath(target.Path);
        session.Show(new CopyDocument(meter.Files, meter.Bytes, to), () =>
        {
            if (session.Terminal.ErrorIsLive) session.Terminal.Error.WriteLine($"{meter}, checksums verified");
        });
        return ExitCodes.Ok;
    }

    private static bool IntoTarget(string path, int sources) => path is "" or "~" || path.EndsWith('/') || sources > 1;
}
