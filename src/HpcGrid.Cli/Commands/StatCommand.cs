using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid stat`.</summary>
internal sealed class StatCommand : GridCommand
{
    private readonly Argument<string> _path = new("path") { Description = "Catalogue path." };

    public StatCommand() : base("stat", "All the catalogue knows of a file or directory: owner, size, checksum, where its copies are.",
        "hpcgrid stat decay/physics.txt", "hpcgrid stat --json decay/physics.txt | jq -r .entry.sha256")
    {
        Add(_path);
        _path.CompletionSources.Add(PathCompletion.Paths);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var detail = await session.Ask(new StatEntry((await session.Resolve(parsed.GetValue(_path)!, ct)).Path), ct);
        session.Show(detail, () => Write(detail, session.Terminal.Output));
        return ExitCodes.Ok;
    }

    private static void Write(EntryDetail detail, TextWriter to)
    {
        var entry = detail.Entry;
        void Line(string name, string? value)
        {
            if (value is { Length: > 0 }) to.WriteLine($"{name,-12}{Words.Printable(value)}");
        }
        Line("path", entry.Path);
        Line("type", entry.Type switch { "d" => "directory", "m" => "member of an archive", _ => "file" });
        Line("owner", $"{entry.Owner}:{entry.Group} {entry.Permissions}");
        Line("created", Words.Time(entry.CreatedAt));
        if (entry.Type != "d") Line("size", $"{Words.Number(entry.Size)} ({Words.Size(entry.Size)})");
        Line("sha256", entry.Sha256);
        Line("guid", entry.Guid?.ToString());
        Line("made by", entry.Job is { } job ? $"job {job}" : null);
        Line("archive", detail.ArchivePath);
        foreach (var replica in detail.Replicas) Line("copy", $"{replica.Se} {replica.Pfn}");
    }
}
