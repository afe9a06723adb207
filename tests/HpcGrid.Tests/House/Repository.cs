using System.Runtime.CompilerServices;

namespace HpcGrid.Tests.House;

/// <summary>The checkout as text: what the house rules are checked on.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Files below a folder of the checkout by pattern, without build output; paths relative to the root.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern) =>
        Directory.Exists(Path.Combine(Root, folder))
            ? [.. Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path))
                .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or ".git" or ".hpcgrid"))
                .Order(StringComparer.Ordinal)]
            : [];

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Lines of C# that match, as "file:line: text"; comments do not count.</summary>
    public static IReadOnlyList<string> CodeLines(string folder, Func<string, string, bool> matches) =>
        [.. from file in Files(folder, "*.cs")
            from line in Lines(file).Select((text, index) => (text, number: index + 1))
            where !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal) && matches(file, line.text)
            select $"{file}:{line.number}: {line.text.Trim()}"];

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        var folder = Path.GetDirectoryName(thisFile)!;
        while (!File.Exists(Path.Combine(folder, "HpcGrid.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("HpcGrid.sln is not above the tests");
        return folder;
    }
}
