using System.Text;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>What must hold between keys; checked once each key is right by itself.</summary>
internal sealed class DescriptionRules(KeyReader keys)
{
    public void Check(JobDescription job)
    {
        CheckProgram(job);
        CheckType();
        CheckArgv(job);
        CheckInputNames(job);
        if (job.Split is ProductionSplit) CheckPatterns(job);
        else if (keys.Document.Find("SplitArguments") is { } entry)
            keys.Wrong(entry, "has no effect without Split", "Write Split = \"production:1-N\"; or move the words to Arguments.");
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

    private void CheckType()
    {
        if (keys.Text("Type") is { } type && !type.Equals("Job", StringComparison.OrdinalIgnoreCase))
            keys.Wrong(keys.Document.Find("Type")!, $"= {Faults.Shown(type)} is not supported yet", "Write Type = \"Job\"; or remove the key.");
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
        foreach (var path in new[] { job.Executable, job.ValidationCommand }.OfType<string>().Concat(job.InputFiles))
        {
            var name = path[(path.LastIndexOf('/') + 1)..];
            if (name.AsSpan().ContainsAny('*', '?') || names.TryAdd(name, path) || names[name] == path) continue;
            keys.Faults.Add((keys.Document.Find("InputFile") ?? keys.Document.Find("InputData"))?.ValuePlace,
                $"{Faults.Shown(names[name])} and {Faults.Shown(path)} would have the same name in the sandbox",
                "Rename one of them in the catalogue.");
        }
    }

    private void CheckPatterns(JobDescription job)
    {
        foreach (var entry in keys.Document.Entries)
        {
            if (JdlKeys.Find(entry.Key)?.Use != KeyUse.Obeyed) continue;
            var texts = entry.Value switch { JdlString text => [text.Text], JdlSet set => set.Items, _ => (IReadOnlyList<string>)[] };
            for (var i = 0; i < texts.Count; i++)
                if (AlienPattern.FirstUnknown(texts[i]) is { } unknown)
                    keys.Faults.Add(entry.PlaceOfItem(i), $"{Faults.Shown(unknown)} cannot be put in: Split = \"production:…\" knows the counter only",
                        $"Write #alien_counter# or #alien_counter_03i#, at most {Limits.WidestCounter} wide.");
        }
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
