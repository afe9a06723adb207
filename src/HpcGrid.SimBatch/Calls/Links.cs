using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Calls;

/// <summary>The commands as programs on a PATH: each is two lines of shell that call this program under their name.</summary>
internal static class Links
{
    /// <summary>Compute nodes have names of their own.</summary>
    private const string Hostname = """
        #!/bin/sh
        [ -n "$SIMBATCH_NODE" ] || exec /bin/hostname "$@"
        echo "$SIMBATCH_NODE"

        """;

    public static void Write(ClusterSetup setup, IEnumerable<string> commands)
    {
        Directory.CreateDirectory(setup.Bin);
        // The runtime starts faster without what long-lived programs want.
        foreach (var command in commands.Append(Desk.Own)) Place(setup, command, $"""
            #!/bin/sh
            DOTNET_TieredPGO=0 DOTNET_EnableDiagnostics=0 exec '{Quoted(Environment.ProcessPath!)}' as {setup.System} '{Quoted(setup.Home)}' {command} "$@"

            """);
        Place(setup, "hostname", Hostname);
    }

    private static void Place(ClusterSetup setup, string name, string text)
    {
        var path = Path.Combine(setup.Bin, name);
        File.WriteAllText(path + ".new", text);
        File.SetUnixFileMode(path + ".new", (UnixFileMode)0b111_101_101);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string Quoted(string path) => path.Replace("'", "'\\''", StringComparison.Ordinal);
}
