using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;

namespace HpcGrid.Cli.Commands;

/// <summary>Options for a command behind "--". With a job description they are refused: it says these things itself.</summary>
internal sealed class PlainCommandOptions
{
    private const string Only = " (command behind --)";

    private readonly Option<int?> _count = new("--number", "-n") { Description = "So many jobs; #alien_counter# is 1 to N" + Only, HelpName = "N" };
    private readonly Option<string?> _array = new("--array")
    {
        Description = "A job for each number of a range, 1-100 or 0-1000:10; {} in the arguments is the number" + Only,
        HelpName = "RANGE",
    };
    private readonly Option<string?> _lines = new("--each-line")
    {
        Description = "A job for each line of a file (- for standard input); {} is the line as one argument, otherwise it comes last" + Only,
        HelpName = "FILE",
    };
    private readonly Option<bool> _zero = new("--null", "-0") { Description = "--each-line: NUL characters divide, not newlines." };
    private readonly Option<string?> _placeholder = new("--replace") { Description = "What stands for the number or line, instead of {}" + Only,
        HelpName = "TEXT" };
    private readonly Option<int?> _cores = new("--cores") { Description = "Cores of each job" + Only, HelpName = "N" };
    private readonly Option<string?> _ttl = new("--ttl") { Description = "How long each job may take: 600, 90min, 6h" + Only, HelpName = "TIME" };
    private readonly Option<string?> _memory = new("--memory") { Description = "Memory of each job, 2GB" + Only, HelpName = "SIZE" };
    private readonly Option<string[]> _save = new("--save") { Description = "Save this file too, besides stdout and stderr" + Only, HelpName = "PATTERN" };
    private readonly Option<string[]> _inputs = new("--input") { Description = "Bring this file of the catalogue into the sandbox" + Only, HelpName = "PATH" };
    private readonly Option<string?> _directory = new("--output-dir") { Description = "Where outputs go in the catalogue" + Only, HelpName = "PATH" };
    private readonly Option<string[]> _tags = new("--tag") { Description = "A JobTag to find the jobs by" + Only, HelpName = "TEXT" };

    public PlainCommandOptions(Command command)
    {
        foreach (var option in All) command.Add(option);
        _inputs.CompletionSources.Add(PathCompletion.Paths);
        _directory.CompletionSources.Add(PathCompletion.Paths);
    }

    private Option[] All => [_count, _array, _lines, _zero, _placeholder, _cores, _ttl, _memory, _save, _inputs, _directory, _tags];

    /// <summary>Throws GridError(Invalid) for an option that a job description would silently ignore.</summary>
    public void MustBeAbsent(ParseResult parsed)
    {
        foreach (var option in All.Where(option => parsed.GetResult(option) is { Implicit: false }))
            throw GridError.Invalid($"{option.Name} is for a command behind '--'", $"In a job description write {InDescription(option)}");
    }

    /// <summary>The command with these options. Throws GridError.</summary>
    public async Task<PlainCommand> Read(IReadOnlyList<string> argv, ParseResult parsed, Session session, CancellationToken ct)
    {
        var ttl = parsed.GetValue(_ttl) is { } text ? TimeText.Duration(text) : (TimeSpan?)null;
        return new PlainCommand(argv)
        {
            Many = await ReadMany(parsed, session, ct),
            Placeholder = parsed.GetValue(_placeholder) is not { } placeholder ? "{}" : placeholder.Length > 0 ? placeholder
                : throw GridError.Invalid("--replace is empty", "Give what stands for the line, for instance --replace @@."),
            Cores = parsed.GetValue(_cores),
            TtlSeconds = ttl is { } time ? (long)Math.Ceiling(time.TotalSeconds) : null,
            Memory = parsed.GetValue(_memory),
            Save = parsed.GetValue(_save) ?? [],
            Inputs = [.. await Task.WhenAll((parsed.GetValue(_inputs) ?? []).Select(async path => (await session.Resolve(path, ct)).Path))],
            OutputDirectory = parsed.GetValue(_directory),
            Tags = parsed.GetValue(_tags) ?? [],
        };
    }

    private async Task<Many> ReadMany(ParseResult parsed, Session session, CancellationToken ct)
    {
        var (count, array, lines) = (parsed.GetValue(_count), parsed.GetValue(_array), parsed.GetValue(_lines));
        if (new object?[] { count, array, lines }.Count(given => given is not null) > 1)
            throw GridError.Invalid("-n, --array and --each-line exclude each other", "Give one of them.");
        if (parsed.GetValue(_zero) && lines is null) throw GridError.Invalid("--null is for --each-line", "Name the file with --each-line.");
        if (lines is not null) return EachLine.Parse(await TextFile.Read(lines, "the file of lines", session, ct), parsed.GetValue(_zero));
        if (array is not null) return NumberedJobs.Parse(array);
        if (count is null) return new OneJob();
        return count > 0 ? new NumberedJobs(1, count.Value, 1, IsArray: false)
            : throw GridError.Invalid($"-n {count} makes no jobs", "Give a number from 1 on.");
    }

    private string InDescription(Option option) =>
        option == _count || option == _array ? "Split = \"production:1-N\";"
        : option == _lines || option == _zero || option == _placeholder ? "Parameters = {\"line\", \"line\"}; and _PARAM_ where the line belongs."
        : option == _cores ? "CPUCores = N;"
        : option == _ttl ? "TTL = SECONDS;"
        : option == _memory ? "MemorySize = \"2GB\";"
        : option == _save ? "OutputFile = {\"stdout\", \"PATTERN\"};"
        : option == _inputs ? "InputFile = {\"LF:PATH\"};"
        : option == _directory ? "OutputDir = \"PATH\";"
        : "JobTag = {\"TEXT\"};";
}
