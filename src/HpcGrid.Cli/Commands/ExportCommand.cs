using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid export`.</summary>
internal sealed class ExportCommand : GridCommand
{
    private readonly Argument<long[]> _masters = new("jobs")
    {
        Description = "Masters: their subjobs are exported; other jobs themselves. Without any, all that the options choose.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly JobFilter _filter;
    private readonly Option<string> _format = new("--format", "-F") { Description = "csv, json (one array) or jsonl (a job a line).",
        DefaultValueFactory = _ => "csv", HelpName = "FORMAT" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Into this file, which appears when it is whole.", HelpName = "FILE" };

    public ExportCommand() : base("export", "Write jobs with what they used (time, CPU, memory, node, exit code) for other programs.",
        "hpcgrid export 101 -o production.csv            # all subjobs of 101",
        "hpcgrid export 101 --failed --format jsonl | jq .reason",
        "hpcgrid export --since 7d --subjobs --format json -o week.json")
    {
        Add(_masters);
        _filter = new JobFilter(this);
        Add(_format);
        Add(_output);
        _format.AcceptOnlyFromAmong("csv", "json", "jsonl");
        _masters.CompletionSources.Add(JobCompletion.Jobs);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var format = parsed.GetValue(_format)!;
        var jobs = Jobs(parsed, session, ct);
        if (parsed.GetValue(_output) is not { } file)
        {
            await Write(session.Terminal.Output, format, jobs);
            return ExitCodes.Ok;
        }
        var written = await IntoFile(file, to => Write(to, format, jobs));
        if (session.Terminal.ErrorIsLive) await session.Terminal.Error.WriteLineAsync($"{written} jobs in {file}");
        return ExitCodes.Ok;
    }

    private async IAsyncEnumerable<JobLine> Jobs(ParseResult parsed, Session session,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var listing = _filter.Read(parsed);
        var named = parsed.GetValue(_masters) ?? [];
        foreach (var job in named)
        {
            var line = (await session.Ask(new DescribeJob(job), ct)).Line;
            var its = line.Children is null ? listing with { Jobs = [job] } : listing with { Master = job };
            await foreach (var found in JobPages.All(session, its, ct)) yield return found;
        }
        if (named.Length > 0) yield break;
        await foreach (var found in JobPages.All(session, listing, ct)) yield return found;
    }

    private static async Task<long> Write(TextWriter to, string format, IAsyncEnumerable<JobLine> jobs)
    {
        if (format == "csv") return await JobCsv.Write(to, jobs, long.MaxValue);
        var (first, between, last) = format == "json" ? ("[", ",\n ", "]\n") : ("", "\n", "\n");
        await to.WriteAsync(first);
        long written = 0;
        await foreach (var job in jobs) await to.WriteAsync((written++ > 0 ? between : "") + JsonText.OneLine(job));
        if (format == "json" || written > 0) await to.WriteAsync(last);
        return written;
    }

    /// <summary>Under another name until it is whole, so that nobody reads half of it.</summary>
    internal static async Task<long> IntoFile(string file, Func<TextWriter, Task<long>> write)
    {
        var part = file + ".part";
        try
        {
            long written;
            await using (var to = new StreamWriter(part)) written = await write(to);
            File.Move(part, file, overwrite: true);
            return written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(ErrorCode.Denied, $"'{file}' cannot be written: {e.Message}", "Check the folder's permissions and the free space.", e);
        }
        finally { File.Delete(part); }
    }
}
