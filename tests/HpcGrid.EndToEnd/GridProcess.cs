using System.Globalization;

namespace HpcGrid.EndToEnd;

/// <summary>A running process that belongs to a test's grid.</summary>
internal sealed record GridProcess(int Id, string Command)
{
    /// <summary>
    /// All processes that were started with the folder in their environment or work somewhere below it (payloads get a clean
    /// environment, but their sandboxes are there).
    /// </summary>
    public static IReadOnlyList<GridProcess> Of(string folder) =>
        [.. from path in Directory.EnumerateDirectories("/proc")
            let id = int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
            where id > 0 && id != Environment.ProcessId
            where Read(path + "/environ").Contains(folder, StringComparison.Ordinal) || WorksBelow(path, folder)
            select new GridProcess(id, Read(path + "/cmdline").Replace('\0', ' '))];

    private static bool WorksBelow(string path, string folder)
    {
        try { return new FileInfo(path + "/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    private static string Read(string path)
    {
        try { return File.ReadAllText(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
