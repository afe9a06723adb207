using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid ls`.</summary>
internal sealed class LsCommand : GridCommand
{
    private readonly Argument<string?> _path = new("path") { Description = "Catalogue path; your home directory unless given.",
        Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _long = new("--long", "-l") { Description = "With type, permissions, owner, size and time." };
    private readonly Option<bool> _recursive = new("--recursive", "-R") { Description = "With all that is below." };

    public LsCommand() : base("ls", "List a directory of the catalogue.",
        "hpcgrid ls", "hpcgrid ls -l decay/out", "hpcgrid ls -R --json /hpcgrid | jq -r '.entries[].path'")
    {
        Add(_path);
        _path.CompletionSources.Add(PathCompletion.Paths);
        Add(_long);
        Add(_recursive);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var path = await session.Resolve(parsed.GetValue(_path) ?? "", ct);
        var entries = new List<Entry>();
        var found = parsed.GetValue(_recursive) ? CatalogueWalk.Tree(session, path, ct) : CatalogueWalk.List(session, path, ct);
        await foreach (var entry in found) entries.Add(entry);
        session.Show(new EntryList(entries, false), () =>
        {
            if (parsed.GetValue(_long)) WriteLong(entries, path, session.Terminal);
            else foreach (var entry in entries) session.Terminal.Output.WriteLine(Words.Printable(RelativeName(entry, path)));
        });
        return ExitCodes.Ok;
    }

    private static void WriteLong(List<Entry> entries, Lfn path, Terminal terminal)
    {
        var table = new TextTable("TYPE", "PERM", "OWNER", "SIZE", "CREATED", "JOB", "NAME").Right(3, 5);
        foreach (var entry in entries)
            table.Add(entry.Type, entry.Permissions, entry.Owner, entry.Type == "d" ? "" : Words.Number(entry.Size), Words.Time(entry.CreatedAt),
                entry.Job is { } job ? Words.Number(job) : "", RelativeName(entry, path));
        table.Write(terminal, "");
    }

    /// <summary>Relative to the directory listed; a directory ends in '/'.</summary>
    private static string RelativeName(Entry entry, Lfn path)
    {
        var name = entry.Path == path.Path ? Lfn.Parse(entry.Path).Name : entry.Path[(path.Path.TrimEnd('/').Length + 1)..];
        return CatalogueWalk.IsDirectory(entry) ? name + "/" : name;
    }
}
