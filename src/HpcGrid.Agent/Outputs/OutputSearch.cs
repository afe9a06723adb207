using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Outputs;

/// <summary>One search through a sandbox: remembers what was taken, what was left out, and the first fault.</summary>
internal sealed class OutputSearch(string sandbox)
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
        foreach (var name in FindSafely(pattern))
        {
            if (!_taken.Add(name)) continue;
            if (_taken.Count > Limits.OutputFiles) { Fault ??= $"more than {Limits.OutputFiles} files to save"; yield break; }
            if (Judge(name, pattern.IsPlain) is not { } file) continue;
            Bytes += file.Size;
            yield return file;
        }
    }

    /// <summary>A payload may have closed its folders even for us.</summary>
    private IEnumerable<string> FindSafely(OutputPattern pattern)
    {
        try
        {
            return pattern.Find(sandbox);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault ??= $"output '{pattern.Text}': {e.Message}";
            return [];
        }
    }

    private FoundFile? Judge(string name, bool required)
    {
        var path = sandbox + "/" + name;
        var facts = Libc.Look(path);
        var real = facts.Kind == FileKind.Nothing ? null : facts.Kind == FileKind.Regular && !name.Contains('/') ? path : Resolve(path);
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
