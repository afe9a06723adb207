using System.Globalization;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>Whose job it is and what its number is.</summary>
/// <param name="Job">The job's number.</param>
/// <param name="Master">The master's number; null for a job of its own.</param>
/// <param name="User">The owner.</param>
/// <param name="Home">The owner's home directory in the catalogue.</param>
public sealed record JobContext(long Job, long? Master, string User, string Home);

/// <summary>
/// From a description and its resolved inputs to what an agent runs. Pure: the same arguments give the same bytes, so a grant's
/// digest can be computed again. Inputs keep the order of the sources: executable (if any), validation command
/// (if any), then the input files.
/// </summary>
public static class SpecBuilder
{
    /// <summary>
    /// Sources without repetitions of one path (an executable that is named as InputFile too), the first of each kept. Central
    /// passes the result both to <see cref="Build"/> and to the bridge.
    /// </summary>
    public static IReadOnlyList<SourceFile> WithoutRepetitions(IReadOnlyList<SourceFile> inputs) =>
        [.. inputs.DistinctBy(source => source.Lfn, StringComparer.Ordinal)];

    /// <summary>
    /// The specification of the job, or of one part of it. Throws GridError(Invalid) when two inputs have one name, when a program
    /// is not among the inputs, or when the output directory is no path.
    /// </summary>
    public static JobSpec Build(JobDescription description, JobPart? part, JobContext context, IReadOnlyList<SourceFile> inputs)
    {
        var files = Files(description, inputs);
        var next = 0;
        var executable = description.Executable is null ? null : Program("Executable", files, next++);
        var validation = description.ValidationCommand is null ? null : Program("ValidationCommand", files, next);
        IEnumerable<string> words = executable is null ? OnNode([.. description.Command.Select(word => Expand(word, part))], files) : [executable];
        words = words.Concat(description.Arguments.Select(word => Expand(word, part)));
        if (part is not null) words = words.Concat(description.SplitArguments.Select(word => Expand(word, part)));
        return new JobSpec
        {
            User = context.User,
            Argv = [.. words],
            ValidationArgv = validation is null ? [] : [validation],
            Inputs = files,
            Outputs = Expand(description.Outputs, part),
            ErrorOutputs = Expand(description.ErrorOutputs, part),
            Environment = Environment(description, part),
            Resources = description.Resources,
            Repeatable = description.Repeatable,
            Master = context.Master,
            OutputDirectory = OutputDirectory(description, part, context),
        };
    }

    /// <summary>Where the outputs of the job, or of one part of it, go in the catalogue.</summary>
    public static string OutputDirectory(JobDescription description, JobPart? part, JobContext context)
    {
        var home = Lfn.Parse(context.Home);
        if (description.OutputDirectory is { } said)
            return CataloguePath.Resolve(Expand(said, part), home).Path;
        var job = home.Child(string.Create(CultureInfo.InvariantCulture, $"hpcgrid-job-{context.Master ?? context.Job}"));
        return part is null ? job.Path : job.Child(part.Counter.ToString(CultureInfo.InvariantCulture)).Path;
    }

    private static List<InputFile> Files(JobDescription description, IReadOnlyList<SourceFile> inputs)
    {
        var programs = (description.Executable is null ? 0 : 1) + (description.ValidationCommand is null ? 0 : 1);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var files = new List<InputFile>(inputs.Count);
        foreach (var source in inputs)
        {
            var name = Lfn.Parse(source.Lfn).Name;
            if (!seen.TryAdd(name, source.Lfn))
                throw GridError.Invalid($"the inputs '{seen[name]}' and '{source.Lfn}' would have the same name in the sandbox",
                    "Rename one of them in the catalogue.");
            files.Add(new InputFile(name, source.Content, files.Count < programs || name == description.Command.FirstOrDefault(), source.Lfn));
        }
        return files;
    }

    private static string Program(string key, List<InputFile> files, int index) => index < files.Count
        ? files[index].Name
        : throw GridError.Invalid($"{key} is not among the job's inputs", "This is a fault of central: report it.");

    /// <summary>A bare name that is no input is looked up by the node's own PATH, through env: no shell sees the words.</summary>
    private static IEnumerable<string> OnNode(IReadOnlyList<string> command, List<InputFile> files) =>
        command[0].Contains('/', StringComparison.Ordinal) || files.Any(file => file.Name == command[0]) ? command : command.Prepend("/usr/bin/env");

    private static Dictionary<string, string> Environment(JobDescription description, JobPart? part)
    {
        // Sorted, because a grant's digest covers the bytes.
        var environment = description.Variables.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(pair => "ALIEN_JDL_" + pair.Key, pair => Expand(pair.Value, part));
        if (description.Packages.Count > 0) environment["ALIEN_PACKAGES"] = string.Join(",", description.Packages);
        return environment;
    }

    private static List<OutputRule> Expand(IReadOnlyList<OutputRule> rules, JobPart? part) =>
    [
        .. rules.Select(rule => rule with
        {
            Archive = rule.Archive is null ? null : Expand(rule.Archive, part),
            Patterns = [.. rule.Patterns.Select(pattern => Expand(pattern, part))],
        }),
    ];

    private static string Expand(string text, JobPart? part) => part is null ? text : AlienPattern.Expand(text, part.Counter);
}
