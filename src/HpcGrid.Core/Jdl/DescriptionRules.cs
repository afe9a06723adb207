using System.Text;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>What must hold between keys; checked once each key is right by itself.</summary>
internal sealed class DescriptionRules(KeyReader keys)
{
    /// <param name="job">The description.</param>
    /// <param name="isNode">It is one of many that were described together: patterns are put in though it is not split itself.</param>
    public void Check(JobDescription job, bool isNode)
    {
        CheckType(job);
        if (job.Split is NodeSplit) return;
        CheckProgram(job);
        CheckArgv(job);
        CheckInputNames(job);
        if (job.Split is not NoSplit || isNode) CheckPatterns(job);
        else if (keys.Document.Find("SplitArguments") is { } entry)
            keys.Wrong(entry, "has no effect without Split", "Write Split = \"production:1-N\"; or move the words to Arguments.");
        if (job.Split is ProductionSplit) CheckOutputsDiffer(job);
    }

    private void CheckProgram(JobDescription job)
    {
        var executable = keys.Document.Find("Executable");
        var command = keys.Document.Find("Command");
        if (executable is null && command is null)
            keys.Faults.Add(new TextPlace(1, 1), "the description says neither Executable nor Command",
                "Write Executable = \"/path/in/the/catalogue\"; or Command = {\"/bin/program\", \"word\"};");
        else if (executable is not null && command is not null)
            keys.Wrong(command, "and Executable exclude each other", "Keep Executable for a program in the catalogue, Command for one on the node.");
    }

    /// <summary>gLite says JobType for what Type says here.</summary>
    private void CheckType(JobDescription job)
    {
        foreach (var key in new[] { "Type", "JobType" })
        {
            if (keys.Text(key) is not { } type) continue;
            var entry = keys.Document.Find(key)!;
            var isMany = type.ToUpperInvariant() is "COLLECTION" or "DAG";
            if (isMany && keys.Document.Find("Nodes") is null) keys.Wrong(entry, $"= {Faults.Shown(type)} wants Nodes", "Write Nodes = {[ … ], [ … ]};");
            else if (!isMany && keys.Document.Find("Nodes") is { } nodes) keys.Wrong(nodes, $"and {key} = {Faults.Shown(type)} exclude each other",
                "Write Type = \"collection\"; or \"dag\".");
            else if (type.Equals("parametric", StringComparison.OrdinalIgnoreCase) && keys.Document.Find("Parameters") is null)
                keys.Wrong(entry, "= 'parametric' wants Parameters", "Write Parameters = 10; or Parameters = {\"a\", \"b\"};");
            else if (!isMany && type.ToUpperInvariant() is not ("JOB" or "NORMAL" or "PARAMETRIC"))
                keys.Wrong(entry, $"= {Faults.Shown(type)} is no kind of job HpcGrid knows",
                    "Write Type = \"Job\", \"collection\", \"dag\" or \"parametric\"; or remove the key.");
        }
        if (job.Split is not NodeSplit && keys.Document.Find("Dependencies") is { } lonely)
            keys.Wrong(lonely, "have no effect without Nodes", "Write Type = \"dag\"; Nodes = {[ … ], [ … ]};");
        if (!NodeReader.IsUserDefined(keys.Document) && job.Split is not NodeSplit && keys.Document.Find("SplitDefinitions") is { } definitions)
            keys.Wrong(definitions, "have no effect without Split = \"userdefined\"", "Write Split = \"userdefined\";");
    }

    private void CheckArgv(JobDescription job)
    {
        var words = job.Command.Concat(job.Arguments).Concat(job.SplitArguments).ToList();
        var place = (keys.Document.Find("Arguments") ?? keys.Document.Find("Command"))?.ValuePlace;
        if (words.Any(word => Encoding.UTF8.GetByteCount(word) > Limits.LongestWord))
            keys.Faults.Add(place, $"an argument is longer than {Limits.LongestWord} bytes", "Put it into a file and name that in InputFile.");
        else if (words.Sum(word => (long)Encoding.UTF8.GetByteCount(word) + 1) > Limits.LongestArgv)
            keys.Faults.Add(place, $"the arguments are longer than {Limits.LongestArgv} bytes together",
                "Put them into a file and name that in InputFile.");
    }

    /// <summary>Two inputs of one name would overwrite each other in the sandbox (jalien.md W10).</summary>
    private void CheckInputNames(JobDescription job)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in new[] { job.Executable, job.ValidationCommand }.OfType<string>().Concat(job.InputFiles).Concat(OwnData(job)))
        {
            var name = path[(path.LastIndexOf('/') + 1)..];
            if (name.AsSpan().ContainsAny('*', '?') || names.TryAdd(name, path) || names[name] == path) continue;
            keys.Faults.Add((keys.Document.Find("InputFile") ?? keys.Document.Find("InputData"))?.ValuePlace,
                $"{Faults.Shown(names[name])} and {Faults.Shown(path)} would have the same name in the sandbox",
                "Rename one of them in the catalogue.");
        }
    }

    /// <summary>InputData that all land in one sandbox; a Split divides them.</summary>
    private static IEnumerable<string> OwnData(JobDescription job) =>
        job.Split is InputSplit ? [] : job.InputData.Where(data => data.IsFetched).Select(data => data.Path);

    private void CheckPatterns(JobDescription job)
    {
        var hasFiles = job.InputData.Count > 0 || job.InputCollections.Count > 0;
        foreach (var entry in keys.Document.Entries)
        {
            if (JdlKeys.Find(entry.Key)?.Use != KeyUse.Obeyed) continue;
            var texts = entry.Value switch { JdlString text => [text.Text], JdlSet set => set.Items, _ => (IReadOnlyList<string>)[] };
            for (var i = 0; i < texts.Count; i++)
                if (AlienPattern.FirstUnknown(texts[i]) is var (unknown, fault))
                    keys.Faults.Add(entry.PlaceOfItem(i), $"the pattern {Faults.Shown(unknown)} {fault}",
                        $"Write #alien_counter#, #alien_counter_03i# (at most {Limits.WidestCounter} wide), or #alien first|last|all and "
                        + "filename|filename/regex/new/|dir|dirdir|fulldir #, without the blanks.");
                else if (!hasFiles && AlienPattern.NeedsFiles(texts[i]))
                    keys.Faults.Add(entry.PlaceOfItem(i), $"{Faults.Shown(texts[i])} names input files and there is no InputData",
                        "Name files in InputData, or use #alien_counter#.");
        }
    }

    private void CheckOutputsDiffer(JobDescription job)
    {
        if (job.OutputDirectory is not { } directory || AlienPattern.HasCounter(directory) || job.Outputs.All(IsDifferentInEachPart)) return;
        keys.Wrong(keys.Document.Find("OutputDir")!, "is the same for all subjobs, whose outputs have the same names",
            "Write #alien_counter# into OutputDir or into every output's name, for instance OutputDir = \"out/#alien_counter_03i#\";");
    }

    private static bool IsDifferentInEachPart(OutputRule rule)
    {
        var keepsMembersInside = rule.Archive is not null && rule.Options.Contains("no_links_registration");
        return (rule.Archive is null || AlienPattern.HasCounter(rule.Archive)) && (keepsMembersInside || rule.Patterns.All(AlienPattern.HasCounter));
    }
}
