using HpcGrid.Agent.Processes;
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
internal sealed record FoundOutput(string Name, bool IsArchive, IReadOnlyList<FoundFile> Files);

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
        var search = new Search(System.IO.Path.GetFullPath(sandbox));
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
            else if (perRule[i].Count > 0) outputs.Add(new FoundOutput(archive, true, perRule[i]));
        }
        return new Sweep(outputs, search.Fault ?? NameClash(outputs), search.Remarks, search.Bytes);
    }

    private static string? NameClash(List<FoundOutput> outputs)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return outputs.Find(output => !names.Add(output.Name)) is { } twice ? $"two outputs are called '{twice.Name}'" : null;
    }

    private sealed class Search(string sandbox)
    {
        private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
        private readonly List<string> _empty = [];
        private readonly List<string> _refused = [];

        public string? Fault { get; private set; }
        public long Bytes { get; private set; }

        public string? Remarks
        {
            get
            {
                var parts = new List<string>();
                if (_empty.Count > 0) parts.Add($"not saved because empty: {string.Join(", ", _empty)}");
                if (_refused.Count > 0) parts.Add($"not saved because no plain files of the job: {string.Join(", ", _refused)}");
                return parts.Count == 0 ? null : string.Join("; ", parts);
            }
        }

        public IEnumerable<FoundFile> Take(OutputPattern pattern)
        {
            if (pattern.Fault is { } fault)
            {
                Fault ??= $"output '{pattern.Text}': {fault}";
                yield break;
            }
            foreach (var name in pattern.Find(sandbox))
            {
                if (!_taken.Add(name)) continue;
                if (_taken.Count > Limits.OutputFiles) { Fault ??= $"more than {Limits.OutputFiles} files to save"; yield break; }
                if (Judge(name, pattern.IsPlain) is not { } file) continue;
                Bytes += file.Size;
                yield return file;
            }
        }

        private FoundFile? Judge(string name, bool required)
        {
            var path = sandbox + "/" + name;
            var facts = Libc.Look(path);
            var real = facts.Kind == FileKind.Nothing ? null : Resolve(path);
            if (real is not null && real != path) facts = Libc.Look(real);
            if (real is null || facts.Kind != FileKind.Regular)
            {
                if (!required) _refused.Add(name);
                else Fault ??= Say(name, facts.Kind, real);
                return null;
            }
            if (facts.Size > 0) return new FoundFile(name, real, facts.Size);
            _empty.Add(name);
            return null;
        }

        private static string Say(string name, FileKind kind, string? real) => kind switch
        {
            FileKind.Nothing => $"output '{name}' is missing",
            FileKind.Directory when real is not null => $"output '{name}' is a folder",
            _ when real is null => $"output '{name}' leads out of the working directory or to nothing",
            _ => $"output '{name}' is not a regular file",
        };

        /// <summary>The path with every symbolic link resolved, or null when it does not end inside the sandbox.</summary>
        private string? Resolve(string path)
        {
            var real = Links.Resolve(path);
            return real is not null && real.StartsWith(Links.Resolve(sandbox) + "/", StringComparison.Ordinal) ? real : null;
        }
    }
}
