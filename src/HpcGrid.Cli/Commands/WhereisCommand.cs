using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid whereis`.</summary>
internal sealed class WhereisCommand : GridCommand
{
    private readonly Argument<string> _path = new("path") { Description = "Catalogue path of a file." };

    public WhereisCommand() : base("whereis", "Where the copies of a file are: storage element and physical name; of a member of an archive, the archive's.",
        "hpcgrid whereis decay/physics.txt", "hpcgrid whereis --json out/hist.csv | jq -r '.replicas[].pfn'")
    {
        Add(_path);
        _path.CompletionSources.Add(PathCompletion.Paths);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.NotFound, "there is no such file, or no copy of it")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var detail = await session.Ask(new StatEntry((await session.Resolve(parsed.GetValue(_path)!, ct)).Path), ct);
        session.Show(detail, () =>
        {
            if (detail.ArchivePath is { } archive) session.Terminal.Error.WriteLine($"It lies in {Words.Printable(archive)}:");
            var table = new TextTable("SE", "PFN");
            foreach (var copy in detail.Replicas) table.Add(copy.Se, copy.Pfn);
            table.Write(session.Terminal, detail.Entry.Type == "d" ? "A directory lies in the catalogue alone." : "There is no copy of it anywhere.");
        });
        return detail.Entry.Type == "d" || detail.Replicas.Count > 0 ? ExitCodes.Ok : ExitCodes.NotFound;
    }
}
