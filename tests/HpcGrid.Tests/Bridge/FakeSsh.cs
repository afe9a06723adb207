namespace HpcGrid.Tests.Bridge;

/// <summary>Does what ssh does with the words behind the host: joins them, and a shell reads that, in an environment of its own. With FILE.broken it reaches nobody.</summary>
internal static class FakeSsh
{
    private const string Script = """
        #!/bin/sh
        shift
        [ ! -e "$0.broken" ] || exit 255
        exec env -u LC_ALL -u LANG HOP=yes sh -c "$*"
        """;

    /// <summary>Where it is.</summary>
    public static string Write(string folder)
    {
        var path = Path.Combine(folder, "ssh");
        File.WriteAllText(path, Script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
