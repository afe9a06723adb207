using HpcGrid.Core.Data;

namespace HpcGrid.Core.Jdl;

/// <summary>Paths as descriptions write them: "LF:/abs", "/abs", "~/in/my/home", or relative to the home directory.</summary>
public static class CataloguePath
{
    private const int LongestPath = 4096;

    /// <summary>The path in the catalogue. Throws GridError(Invalid) with the reason.</summary>
    public static Lfn Resolve(string text, Lfn home)
    {
        var path = WithoutPrefix(text);
        return Lfn.Parse(path.StartsWith("~/", StringComparison.Ordinal) ? path[2..] : path, home);
    }

    internal static string WithoutPrefix(string text) => text.StartsWith("LF:", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;

    /// <summary>Why this cannot be a file of the catalogue, as far as one can say without it; null when it can.</summary>
    internal static string? FaultOfFile(string path)
    {
        if (path.StartsWith("PF:", StringComparison.OrdinalIgnoreCase)) return "is a physical name";
        if (FaultOfDirectory(path) is { } fault) return fault;
        if (path.EndsWith('/') || Resolve(path, Lfn.Root) == Lfn.Root) return "is a directory";
        return Resolve(path, Lfn.Root).Parent.Path.AsSpan().ContainsAny('*', '?') ? "has '*' or '?' in a directory's name" : null;
    }

    internal static string? FaultOfDirectory(string path)
    {
        if (path.Length == 0) return "is empty";
        if (path.Length > LongestPath) return $"is longer than {LongestPath} characters";
        try
        {
            _ = Resolve(path, Lfn.Root);
            return null;
        }
        catch (GridError) { return "has a component longer than 255 bytes or a NUL character"; }
    }
}
