using System.Globalization;
using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Cli.Jobs;

/// <summary>
/// A command typed behind "--" as a job description: an argv array that runs as it is on the node, never shell text. Its stdout and
/// stderr are saved.
/// </summary>
/// <param name="Argv">The command and its arguments, any characters.</param>
internal sealed record PlainCommand(IReadOnlyList<string> Argv)
{
    /// <summary>What stands for a parametric subjob's own value in a description.</summary>
    private const string Parameter = "_PARAM_";
    private const string Counter = "#alien_counter#";

    /// <summary>One job, or which of many each subjob is.</summary>
    public Many Many { get; init; } = new OneJob();
    /// <summary>What in the arguments stands for a subjob's number or line, with --array and --each-line.</summary>
    public string Placeholder { get; init; } = "{}";
    /// <summary>Cores; null for the default.</summary>
    public int? Cores { get; init; }
    /// <summary>Seconds it may take; null for the default.</summary>
    public long? TtlSeconds { get; init; }
    /// <summary>"2GB"; null for the default.</summary>
    public string? Memory { get; init; }
    /// <summary>Further files to save, patterns allowed.</summary>
    public IReadOnlyList<string> Save { get; init; } = [];
    /// <summary>Files of the catalogue for the sandbox.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];
    /// <summary>Where outputs go in the catalogue; null for the default.</summary>
    public string? OutputDirectory { get; init; }
    /// <summary>Comments shown to people, by which jobs are found again.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The JDL text. Throws GridError(Invalid) for what cannot be run.</summary>
    public string ToJdl()
    {
        if (Argv.Count == 0) throw GridError.Invalid("there is no command behind '--'", "For instance: hpcgrid submit -- /bin/echo hello");
        var jdl = new StringBuilder();
        jdl.Append(CultureInfo.InvariantCulture, $"Command = {JdlText.Set(Words())};\n");
        jdl.Append(CultureInfo.InvariantCulture, $"OutputFile = {JdlText.Set(Save.Prepend("stderr").Prepend("stdout"))};\n");
        jdl.Append(MakeMany());
        if (Cores is { } cores) jdl.Append(CultureInfo.InvariantCulture, $"CPUCores = {cores};\n");
        if (TtlSeconds is { } ttl) jdl.Append(CultureInfo.InvariantCulture, $"TTL = {ttl};\n");
        if (Memory is not null) jdl.Append(CultureInfo.InvariantCulture, $"MemorySize = {JdlText.Quote(Memory)};\n");
        if (Inputs.Count > 0) jdl.Append(CultureInfo.InvariantCulture, $"InputFile = {JdlText.Set(Inputs.Select(path => "LF:" + path))};\n");
        if (OutputDirectory is not null) jdl.Append(CultureInfo.InvariantCulture, $"OutputDir = {JdlText.Quote(OutputDirectory)};\n");
        if (Tags.Count > 0) jdl.Append(CultureInfo.InvariantCulture, $"JobTag = {JdlText.Set(Tags)};\n");
        return jdl.ToString();
    }

    /// <summary>The argv with the placeholder as descriptions write it; a line that is named nowhere comes last.</summary>
    private IReadOnlyList<string> Words()
    {
        var with = Many switch
        {
            NumberedJobs { Step: 1 } => Counter,
            NumberedJobs or EachLine => Parameter,
            _ => null,
        };
        if (with is null || Many is NumberedJobs { IsArray: false }) return Argv;
        List<string> words = [.. Argv.Select(word => word.Replace(Placeholder, with, StringComparison.Ordinal))];
        if (with == Parameter && Many is NumberedJobs) words = [.. words.Select(word => word.Replace(Counter, with, StringComparison.Ordinal))];
        return Many is EachLine && !words.Exists(word => word.Contains(Parameter, StringComparison.Ordinal)) ? [.. words, Parameter] : words;
    }

    private string MakeMany() => Many switch
    {
        NumberedJobs { Step: 1 } numbers => string.Create(CultureInfo.InvariantCulture, $"Split = \"production:{numbers.From}-{numbers.To}\";\n"),
        NumberedJobs numbers => string.Create(CultureInfo.InvariantCulture,
            $"Parameters = {numbers.To + 1};\nParameterStart = {numbers.From};\nParameterStep = {numbers.Step};\n"),
        EachLine lines => $"Parameters = {JdlText.Set(lines.Lines)};\n",
        _ => "",
    };
}

/// <summary>How many jobs a plain command becomes. The list is closed.</summary>
internal abstract record Many;

/// <summary>One job by itself.</summary>
internal sealed record OneJob : Many;

/// <summary>A subjob for each number From, From + Step, … up to To.</summary>
/// <param name="IsArray">The placeholder of arrays counts, not only #alien_counter#.</param>
internal sealed record NumberedJobs(long From, long To, long Step, bool IsArray) : Many
{
    /// <summary>"5", "1-100", "0-1000:10". Throws GridError(Invalid).</summary>
    public static NumberedJobs Parse(string text)
    {
        var hint = "Write --array 1-100, or --array 0-1000:10 for every tenth number.";
        var parts = text.Split(':');
        var bounds = parts[0].Split('-');
        if (parts.Length > 2 || bounds.Length > 2 || !Read(bounds[0], out var from)) throw GridError.Invalid($"'{text}' is not a range of numbers", hint);
        var to = from;
        if (bounds.Length == 2 && !Read(bounds[1], out to)) throw GridError.Invalid($"'{text}' is not a range of numbers", hint);
        var step = 1L;
        if (parts.Length == 2 && (!Read(parts[1], out step) || step == 0)) throw GridError.Invalid($"'{text}' has a step that is no positive number", hint);
        return to >= from ? new NumberedJobs(from, to, step, IsArray: true) : throw GridError.Invalid($"'{text}' counts downwards", hint);
    }

    private static bool Read(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < int.MaxValue;
}

/// <summary>A subjob for each line, which stands as one argument with all its blanks and quotes.</summary>
internal sealed record EachLine(IReadOnlyList<string> Lines) : Many
{
    /// <summary>Lines of a text without their ends, empty ones left out; or with zero, what NUL characters divide, newlines and all.</summary>
    public static EachLine Parse(string text, bool zero)
    {
        var items = zero
            ? (text.EndsWith('\0') ? text[..^1] : text).Split('\0')
            : text.Split('\n').Select(line => line.EndsWith('\r') ? line[..^1] : line).Where(line => line.Length > 0);
        var lines = text.Length == 0 ? [] : items.ToList();
        return lines.Count > 0 ? new EachLine(lines) : throw GridError.Invalid("there is no line to make a job of", "Give a file with a line for each job.");
    }
}
