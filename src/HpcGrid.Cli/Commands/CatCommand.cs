using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid cat`.</summary>
internal sealed class CatCommand : GridCommand
{
    private readonly Argument<string[]> _paths = new("paths") { Description = "Catalogue paths.", Arity = ArgumentArity.OneOrMore };

    public CatCommand() : base("cat", "Write files of the catalogue to standard output. Exit code 7 when the bytes were not what the catalogue says.",
        "hpcgrid cat decay/first/log_0001.txt", "hpcgrid cat 'out/a.csv' 'out/b.csv' > all.csv")
    {
        Add(_paths);
        _paths.CompletionSources.Add(PathCompletion.Paths);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Corrupt, "the bytes were not what the catalogue says")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        using var downloader = new Downloader(session, new TransferMeter());
        await using var output = session.Terminal.OutputStream();
        foreach (var path in parsed.GetValue(_paths) ?? []) await downloader.CopyTo(await session.Resolve(path, ct), output, ct);
        await output.FlushAsync(ct);
        return ExitCodes.Ok;
    }
}
