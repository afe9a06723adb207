using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Outputs;

/// <summary>A file to save.</summary>
/// <param name="Name">Relative to the sandbox; its name in the output directory or archive.</param>
/// <param name="Path">Where its bytes are: absolute, no symbolic link.</param>
/// <param name="Size">Bytes.</param>
internal sealed record FoundFile(string Name, string Path, long Size);

/// <summary>An output to make: an archive of the files, or one file as it is.</summary>
/// <param name="Name">Its name below the output directory.</param>
/// <param name="IsArchive">Make a ZIP archive of them.</param>
/// <param name="Files">One file, or the members in their order.</param>
internal sealed record FoundOutput(string Name, bool IsArchive, IReadOnlyList<FoundFile> Files)
{
    /// <summary>The members get names of their own in the catalogue; no_links_registration keeps them inside.</summary>
    public bool ShowsMembers { get; init; } = true;
}

/// <param name="Outputs">What to save.</param>
/// <param name="Fault">Why the outputs are not complete; null when they are.</param>
/// <param name="Remarks">What was left out, in words; null when nothing was.</param>
/// <param name="Bytes">Size of all files together.</param>
internal sealed record Sweep(IReadOnlyList<FoundOutput> Outputs, string? Fault, string? Remarks, long Bytes)
{
    public static Sweep Empty { get; } = new([], null, null, 0);
}

/// <summary>
/// Finds a job's outputs after its payload and all its processes have ended (facts/jalien.md 3.4): the first rule that matches a file
/// takes it, archives before single files; folders are never taken; empty files are left out with a remark; a plain name that is missing is a fault.
/// Refuses whatever leads out of the sandbox by a symbolic link, and everything that is no regular file.
/// </summary>
internal static class OutputSweep
{
    public static Sweep Find(string sandbox, IReadOnlyList<OutputRule> rules)
    {
        if (rules.Count == 0) return Sweep.Empty;
        var search = new OutputSearch(System.IO.Path.GetFullPath(sandbox));
        // Two passes, so that a file named both ways goes into its archive only.
        var perRule = new List<FoundFile>[rules.Count];
        foreach (var archives in new[] { true, false })
            for (var i = 0; i < rules.Count; i++)
                if (rules[i].Archive is not null == archives)
                    perRule[i] = [.. rules[i].Patterns.SelectMany(pattern => search.Take(new OutputPattern(pattern)))];
        var outputs = new List<FoundOutput>();
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].Archive is not { } archive) outputs.AddRange(perRule[i].Select(file => new FoundOutput(file.Name, false, [file])));
            else if (perRule[i].Count > 0)
                outputs.Add(new FoundOutput(archive, true, perRule[i]) { ShowsMembers = !rules[i].Options.Contains("no_links_registration") });
        }
        return new Sweep(outputs, search.Fault ?? NameClash(outputs), search.Remarks, search.Bytes);
    }

    private static string? NameClash(List<FoundOutput> outputs)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return outputs.Find(output => !names.Add(output.Name)) is { } twice ? $"two outputs are called '{twice.Name}'" : null;
    }
}
