namespace HpcGrid.Agent.Outputs;

/// <summary>
/// A name in the output notation (facts/jalien.md 3.4): components separated by '/', '*' and '?' match within a component.
/// </summary>
internal sealed class OutputPattern
{
    private readonly string[] _components;

    public OutputPattern(string text)
    {
        Text = text;
        _components = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
    }

    public string Text { get; }

    /// <summary>Without wildcards: one file, which must be there.</summary>
    public bool IsPlain => Text.AsSpan().IndexOfAny('*', '?') < 0;

    /// <summary>Why it cannot be looked for; null when it can.</summary>
    public string? Fault =>
        _components.Length == 0 || Text.StartsWith('/') ? "it must name files relative to the working directory"
        : Array.Exists(_components, component => component is "." or "..") ? "it contains '.' or '..'"
        : Text.Contains('\0') ? "it contains a NUL character"
        : null;

    /// <summary>Relative paths of the directory entries that match, in ordinal order; files that begin with '.' only when the pattern does.</summary>
    public IEnumerable<string> Find(string sandbox)
    {
        if (IsPlain) return [string.Join('/', _components)];
        var found = new List<string>();
        Descend(sandbox, "", 0, found);
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>True when the whole text matches; '*' is any run of characters, '?' any one.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, t = 0, star = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') { star = p++; resume = t; }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t])) { p++; t++; }
            else if (star >= 0) { p = star + 1; t = ++resume; }
            else return false;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    private void Descend(string folder, string prefix, int depth, List<string> found)
    {
        var component = _components[depth];
        var last = depth == _components.Length - 1;
        // A link to a folder is not followed: what it leads to is not the job's.
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.') && !component.StartsWith('.')) continue;
            if (!Matches(component, entry.Name)) continue;
            var isFolder = entry is DirectoryInfo && entry.LinkTarget is null;
            if (last && !isFolder) found.Add(prefix + entry.Name);
            else if (!last && isFolder) Descend(entry.FullName, prefix + entry.Name + "/", depth + 1, found);
        }
    }
}
