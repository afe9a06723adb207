using System.Diagnostics.CodeAnalysis;

namespace HpcGrid.Core.Data;

/// <summary>
/// A logical file name: an absolute, normalised path in the catalogue ("/hpcgrid/user/j/jdoe/a.txt"). Components are any
/// text without '/' and NUL and are not "." or ".."; blanks, quotes, newlines and any alphabet are fine.
/// </summary>
public readonly record struct Lfn : IComparable<Lfn>
{
    private const int LongestPath = 4096;
    private const int LongestName = 255;
    /// <summary>So many characters are never too many bytes.</summary>
    private const int ShortName = LongestName / 3;
    private static readonly string LongName = $"a component is longer than {LongestName} bytes";
    private readonly string? _path;

    private Lfn(string path) => _path = path;

    /// <summary>The root of the catalogue.</summary>
    public static Lfn Root => new("/");

    /// <summary>The whole path, starting with '/', without a trailing one except for the root.</summary>
    public string Path => _path ?? "/";

    /// <summary>The last component; empty for the root.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The directory above; the root is its own.</summary>
    public Lfn Parent
    {
        get
        {
            var slash = Path.LastIndexOf('/');
            return slash <= 0 ? Root : new Lfn(Path[..slash]);
        }
    }

    /// <summary>The components from the root down; empty for the root.</summary>
    public string[] Components => Path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The file or directory of that name below this one. Throws GridError(Invalid) when the name is not one component.</summary>
    public Lfn Child(string name)
    {
        var path = (Path == "/" ? "/" : Path + "/") + name;
        return (FaultOfName(name) ?? Fault(path)) is not { } error ? new Lfn(path) : throw GridError.Invalid($"'{name}' is not a file name: {error}");
    }

    /// <summary>True for this very path and for everything below it; compared by component (R-C2: /foo does not cover /foobar).</summary>
    public bool Covers(Lfn other) =>
        Path == "/" || other.Path == Path || other.Path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>
    /// Reads a path, absolute or relative to <paramref name="directory"/>; "LF:" in front is allowed, "//", "." and ".." are resolved.
    /// Throws GridError(Invalid) with the reason.
    /// </summary>
    public static Lfn Parse(string text, Lfn? directory = null)
    {
        var path = text.StartsWith("LF:", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        if (!path.StartsWith('/') && directory is { } start) path = start.Path + "/" + path;
        return TryParse(path, out var lfn, out var error)
            ? lfn
            : throw GridError.Invalid($"'{text}' is not a catalogue path: {error}", "A path starts with '/', for instance /hpcgrid/user/j/jdoe/file.txt.");
    }

    private static bool TryParse(string path, out Lfn lfn, [NotNullWhen(false)] out string? error)
    {
        lfn = default;
        error = Fault(path);
        if (error is not null) return false;
        // Most paths come from a catalogue or from a parent, and are as they must be.
        if (!IsNormal(path))
        {
            var kept = new List<string>();
            foreach (var component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (component == ".") continue;
                if (component != "..") kept.Add(component);
                else if (kept.Count > 0) kept.RemoveAt(kept.Count - 1);
            }
            path = "/" + string.Join('/', kept);
        }
        if (HasLongName(path)) error = LongName;
        else lfn = new Lfn(path);
        return error is null;
    }

    /// <summary>Nothing to resolve: no component is empty, "." or "..".</summary>
    private static bool IsNormal(ReadOnlySpan<char> path)
    {
        foreach (var part in path[1..].Split('/'))
            if (path[1..][part] is "" or "." or "..") return path.Length == 1;
        return true;
    }

    private static bool HasLongName(ReadOnlySpan<char> path)
    {
        foreach (var part in path.Split('/'))
            if (path[part].Length > ShortName && System.Text.Encoding.UTF8.GetByteCount(path[part]) > LongestName) return true;
        return false;
    }

    private static string? FaultOfName(string name) =>
        name.Contains('/') ? "it contains '/'"
        : name is "" or "." or ".." ? "it names no file"
        : HasLongName(name) ? LongName
        : null;

    private static string? Fault(string path) =>
        path.Length == 0 ? "it is empty"
        : path[0] != '/' ? "it does not start with '/'"
        : path.Length > LongestPath ? $"it is longer than {LongestPath} characters"
        : path.Contains('\0', StringComparison.Ordinal) ? "it contains a NUL character"
        : null;

    public int CompareTo(Lfn other) => string.CompareOrdinal(Path, other.Path);
    public override string ToString() => Path;

    public static bool operator <(Lfn left, Lfn right) => left.CompareTo(right) < 0;
    public static bool operator >(Lfn left, Lfn right) => left.CompareTo(right) > 0;
    public static bool operator <=(Lfn left, Lfn right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Lfn left, Lfn right) => left.CompareTo(right) >= 0;
}
