using HpcGrid.Core;

namespace HpcGrid.Cli.Files;

/// <summary>A source or target of `cp`: in the catalogue when it begins with "grid:", otherwise on this machine; "file:" says so for odd names.</summary>
internal readonly record struct Place(bool InCatalogue, string Path)
{
    public static Place Parse(string text)
    {
        if (text.StartsWith("grid:", StringComparison.Ordinal)) return new Place(true, text["grid:".Length..]);
        var path = text.StartsWith("file:", StringComparison.Ordinal) ? text["file:".Length..] : text;
        return path.Length > 0 ? new Place(false, path) : throw GridError.Invalid("a path is empty", "Name a file or directory.");
    }
}
