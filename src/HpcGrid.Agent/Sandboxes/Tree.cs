namespace HpcGrid.Agent.Sandboxes;

/// <summary>Removing what a payload may have made: also folders it closed for itself. Symbolic links are removed, never followed.</summary>
internal static class Tree
{
    private const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>True when nothing is left of it.</summary>
    public static bool Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OpenAndRemove(folder);
        }
    }

    private static bool OpenAndRemove(string folder)
    {
        try
        {
            Open(folder);
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(folder);
        }
    }

    private static void Open(string folder)
    {
        File.SetUnixFileMode(folder, All);
        foreach (var inner in new DirectoryInfo(folder).EnumerateDirectories())
            if (inner.LinkTarget is null)
                Open(inner.FullName);
    }
}
