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
    private const string Recycle = "recycle", JobDirectory = "hpcgrid-job-";

    /// <summary>
    /// Sources without repetitions of one path (an executable that is named as InputFile too), the first of each kept. Central
    /// passes the result both to <see cref="Build"/> and to the bridge.
    /// </summary>
    public static IReadOnlyList<SourceFile> WithoutRepetitions(IReadOnlyList<SourceFile> inputs) =>
        [.. inputs.DistinctBy(source => source.Lfn, StringComparer.Ordinal)];

    /// <summary>
    /// The specification of the job, or of one part of it. Throws GridError(Invalid) when two inputs have one name, when a program
    /// is not among the inputs, when the output directory is no path, or when what is put in makes the name of an output none.
    /// </summary>
    /// <param name="description">What is described.</param>
    /// <param name="part">The subjob; null for a job of its own.</param>
    /// <param name="context">Whose it is.</param>
    /// <param name="inputs">Programs and InputFile.</param>
    /// <param name="data">Its InputData; those to be fetched follow the inputs in the sandbox.</param>
    public static JobSpec Build(
        JobDescription description, JobPart? part, JobContext context, IReadOnlyList<SourceFile> inputs, IReadOnlyList<DataFile>? data = null)
    {
        data ??= [];
        var text = new PartText(part, [.. data.Select(file => file.Source.Lfn)]);
        var files = Files(description, Sources(inputs, data));
        var made = description.InputList is { } list ? new MadeFile(list.Name, InputListText.Write(list.Format, data)) : null;
        if (made is not null && files.Exists(file => file.Name == made.Name))
            throw GridError.Invalid($"InputDataList and an input have the same name '{made.Name}'", "Give the list another name.");
        var next = 0;
        var executable = description.Executable is null ? null : Program("Executable", files, next++);
        var validation = description.ValidationCommand is null ? null : Program("ValidationCommand", files, next);
        IEnumerable<string> words = executable is null ? OnNode([.. description.Command.Select(text.Of)], files) : [executable];
        words = words.Concat(description.Arguments.Select(text.Of));
        if (part is not null) words = words.Concat(description.SplitArguments.Select(text.Of));
        return new JobSpec
        {
            User = context.User,
            Argv = [.. words],
            ValidationArgv = validation is null ? [] : [validation],
            Inputs = files,
            MadeFiles = made is null ? [] : [made],
            Outputs = Outputs(description.Outputs, text),
            ErrorOutputs = Outputs(description.ErrorOutputs, text),
            Environment = Environment(description, part, text),
            Resources = description.Resources,
            Limits = description.Limits,
            Launch = description.Launch,
            UsesWholeSlot = description.UsesWholeSlot,
            KeepOutput = description.KeepOutput,
            Repeatable = description.Repeatable,
            Master = context.Master,
            OutputDirectory = OutputDirectory(description, part, context, data),
        };
    }

    /// <summary>
    /// True when the subjobs' specifications differ in their output directories alone: a production none of whose other texts holds a pattern.
    /// </summary>
    public static bool AreAlike(JobDescription description)
    {
        if (description.Split is not ProductionSplit) return false;
        var names = description.Outputs.Concat(description.ErrorOutputs)
            .SelectMany(rule => rule.Archive is null ? rule.Patterns : rule.Patterns.Append(rule.Archive));
        return !description.Command.Concat(description.Arguments).Concat(description.SplitArguments).Concat(description.Variables.Values).Concat(names)
            .Any(text => text.Contains(AlienPattern.Start, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>As <see cref="Build"/>, for a job whose inputs are not there yet: without them.</summary>
    public static JobSpec Preview(JobDescription description, JobPart? part, JobContext context)
    {
        // Names in place of files: nothing but their last components can be seen in the result.
        string[] programs = [.. new[] { description.Executable, description.ValidationCommand }.OfType<string>()];
        var home = Lfn.Parse(context.Home);
        SourceFile[] inputs = [.. programs.Select(path => new SourceFile(CataloguePath.Resolve(path, home).Path, new Content(0, ""), []))];
        // Patterns that name inputs cannot be put in: then all of them are shown as they are written.
        var known = description.InputData.Count + description.InputCollections.Count > 0 ? null : part;
        return Build(description with { InputList = null }, known, context, WithoutRepetitions(inputs)) with { Inputs = [] };
    }

    /// <summary>What the job, or one part of it, saves after success. Throws GridError(Invalid) when what is put in makes the name of an output none.</summary>
    public static IReadOnlyList<OutputRule> Outputs(JobDescription description, JobPart? part, IReadOnlyList<DataFile> data) =>
        Outputs(description.Outputs, new PartText(part, [.. data.Select(file => file.Source.Lfn)]));

    /// <summary>All files that the sandbox gets, in the order of the specification's inputs: what a bridge must fetch.</summary>
    public static IReadOnlyList<SourceFile> Sources(IReadOnlyList<SourceFile> inputs, IReadOnlyList<DataFile> data) => data.Count == 0 ? inputs
        : WithoutRepetitions([.. inputs, .. data.Where(file => file.IsFetched).Select(file => file.Source)]);

    /// <summary>Where the outputs of the job, or of one part of it, go in the catalogue. A master's path ends before what differs from part to part.</summary>
    public static string OutputDirectory(JobDescription description, JobPart? part, JobContext context, IReadOnlyList<DataFile>? data = null)
    {
        var home = Lfn.Parse(context.Home);
        var job = home.Child(string.Create(CultureInfo.InvariantCulture, $"{JobDirectory}{context.Master ?? context.Job}"));
        if (description.OutputDirectory is not { } said) return part is null ? job.Path : job.Child(part.Counter.ToString(CultureInfo.InvariantCulture)).Path;
        if (part is null && description.Split is not NoSplit) said = SharedPart(said);
        var text = new PartText(part, [.. (data ?? []).Select(file => file.Source.Lfn)]);
        return CataloguePath.Resolve(text.Of(said), home).Path;
    }

    private static string SharedPart(string directory)
    {
        int[] starts = [directory.IndexOf(AlienPattern.Start, StringComparison.OrdinalIgnoreCase), directory.IndexOf(ParametricSplit.Placeholder,
            StringComparison.Ordinal)];
        var cut = starts.Where(start => start >= 0).DefaultIfEmpty(directory.Length).Min();
        if (cut == directory.Length) return directory;
        var slash = directory.LastIndexOf('/', Math.Max(cut - 1, 0));
        return slash > 0 ? directory[..slash] : slash == 0 ? "/" : "~/.";
    }

    /// <summary>Where what a failed attempt saved goes: apart from good outputs, and each attempt for itself, so that a later one is not in its way.</summary>
    public static string ErrorDirectory(JobContext context, int attempt) =>
        Lfn.Parse(context.Home).Child(Recycle).Child(string.Create(CultureInfo.InvariantCulture, $"{JobDirectory}{context.Job}.{attempt}")).Path;

    /// <summary>True for what lies in an <see cref="ErrorDirectory"/> of this job.</summary>
    public static bool IsOfFailedAttempt(Lfn path, long job) =>
        path.Path.Contains(string.Create(CultureInfo.InvariantCulture, $"/{Recycle}/{JobDirectory}{job}."), StringComparison.Ordinal);

    private static List<InputFile> Files(JobDescription description, IReadOnlyList<SourceFile> inputs)
    {
        var programs = (description.Executable is null ? 0 : 1) + (description.ValidationCommand is null ? 0 : 1);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var files = new List<InputFile>(inputs.Count);
        foreach (var source in inputs)
        {
            var name = source.As ?? Lfn.Parse(source.Lfn).Name;
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

    private static Dictionary<string, string> Environment(JobDescription description, JobPart? part, PartText text)
    {
        // Sorted, because a grant's digest covers the bytes.
        var environment = description.Variables.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(pair => "ALIEN_JDL_" + pair.Key, pair => text.Of(pair.Value));
        if (description.Packages.Count > 0) environment["ALIEN_PACKAGES"] = string.Join(",", description.Packages);
        if ((part?.Parameter ?? description.ParameterValue) is { } parameter) environment["ParameterValue"] = parameter;
        return environment;
    }

    private static List<OutputRule> Outputs(IReadOnlyList<OutputRule> rules, PartText text)
    {
        var made = rules.Select(rule => rule with
        {
            Archive = rule.Archive is null ? null : text.OfName(rule.Archive),
            Patterns = [.. rule.Patterns.Select(text.OfName)],
        }).ToList();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return made.SelectMany(rule => rule.Patterns.Concat(rule.Archive is null ? [] : [rule.Archive])).FirstOrDefault(name => !seen.Add(name)) is { } twice
            ? throw GridError.Invalid($"two outputs become {Faults.Shown(twice)}", "Put something into their names that differs.")
            : made;
    }
}
