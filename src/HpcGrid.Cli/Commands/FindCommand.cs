using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid find`.</summary>
internal sealed class FindCommand : GridCommand
{
    private readonly Argument<string> _path = new("path") { Description = "The directory of the catalogue to search, with all below it; ~ is your home." };
    private readonly Argument<string> _pattern = new("pattern") { Description = "A name; * and ? stand for any characters and for one.",
        DefaultValueFactory = _ => "*" };
    private readonly Option<string?> _type = new("--type", "-t") { Description = "Only files (f), directories (d) or members of archives (m).", HelpName =
        "TYPE" };
    private readonly Option<long?> _job = new("--job", "-j") { Description = "Only what this job has saved.", HelpName = "JOB" };
    private readonly Option<bool> _long = new("--long", "-l") { Description = "With type, owner, size, time and job." };
    private readonly Option<int> _limit = new("--limit") { Description = "At most so many; 0 for all.", DefaultValueFactory = _ => 0, HelpName = "N" };
    private readonly Option<bool> _zero = new("--print0", "-0") { Description = "A NUL character behind each path, for xargs -0." };

    public FindCommand() : base("find", "Find files of the catalogue by name, at any depth. Exit code 0 also when nothing matches.",
        "hpcgrid find ~ '*.root'",
        "hpcgrid find decay/out 'hist_*.csv' --long",
        "hpcgrid find out '*' --type f --job 102",
        "hpcgrid find out '*.log' -0 | xargs -0 hpcgrid cat | grep ERROR")
    {
        Add(_path);
        _path.CompletionSources.Add(PathCompletion.Paths);
        Add(_pattern);
        foreach (var option in (Option[])[_type, _job, _long, _limit, _zero]) Add(option);
        _type.AcceptOnlyFromAmong("f", "d", "m");
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var limit = parsed.GetValue(_limit);
        if (limit < 0) throw GridError.Invalid($"--limit {limit} is not possible", "Give 0 for all, or how many.");
        var pattern = parsed.GetValue(_pattern)!;
        if (pattern.Contains('/', StringComparison.Ordinal)) throw GridError.Invalid($"the pattern '{pattern}' is no name",
            "Give the directory as the path, and the name behind it.");
        var start = await session.Resolve(parsed.GetValue(_path)!, ct);
        var (type, job, terminal) = (parsed.GetValue(_type), parsed.GetValue(_job), session.Terminal);
        var table = new TextTable("TYPE", "OWNER", "SIZE", "CREATED", "JOB", "PATH").Right(2, 4);
        var found = new List<Entry>();
        var (whole, count) = (session.Json || parsed.GetValue(_long), 0);
        await foreach (var entry in CatalogueWalk.Find(session, start, pattern, ct))
        {
            if ((type is not null && entry.Type != type) || (job is not null && entry.Job != job)) continue;
            if (whole) found.Add(entry);
            else await terminal.Output.WriteAsync(parsed.GetValue(_zero) ? entry.Path + '\0' : Words.Printable(entry.Path) + '\n');
            if (++count == limit) break;
        }
        if (whole)
            session.Show(new EntryList(found, false), () =>
            {
                foreach (var entry in found)
                    table.Add(entry.Type, entry.Owner, entry.Type == "d" ? "" : Words.Number(entry.Size), Words.Time(entry.CreatedAt),
                        entry.Job is { } made ? Words.Number(made) : "", entry.Path);
                table.Write(terminal, "");
            });
        return ExitCodes.Ok;
    }
}
