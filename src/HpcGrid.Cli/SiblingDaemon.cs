using System.Diagnostics;
using HpcGrid.Cli.Output;
using HpcGrid.Core;

namespace HpcGrid.Cli;

/// <summary>
/// The daemons beside this program: `hpcgrid central …` runs hpcgrid-central in its place. They lie in the same folder, where
/// $HPCGRID_BIN_CENTRAL (BRIDGE, AGENT) points, or in a checkout's build output of the same configuration.
/// </summary>
internal static class SiblingDaemon
{
    public static readonly IReadOnlySet<string> Names = new HashSet<string> { "central", "bridge", "agent" };

    /// <summary>Those, and the simulated batch system: what `hpcgrid NAME …` runs in its place.</summary>
    public static readonly IReadOnlySet<string> Runnable = new HashSet<string>(Names) { SimBatch };

    public const string SimBatch = "simbatch";

    /// <summary>The executable's path. Throws GridError(NotFound) with the places looked at.</summary>
    public static string PathOf(string name)
    {
        var places = Places(name).ToList();
        return places.Find(File.Exists)
            ?? throw GridError.NotFound($"hpcgrid-{name} was not found in {string.Join(" or ", places.Select(Path.GetDirectoryName))}",
                $"Install all of HpcGrid into one folder, or set HPCGRID_BIN_{name.ToUpperInvariant()} to the program.");
    }

    /// <summary>Runs it with this terminal and gives its exit code. Ctrl-C reaches it by itself.</summary>
    public static async Task<int> Run(string name, string[] arguments, Terminal terminal)
    {
        try
        {
            Console.CancelKeyPress += (_, pressed) => pressed.Cancel = true;
            using var process = Process.Start(new ProcessStartInfo(PathOf(name), arguments) { UseShellExecute = false })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (GridError e)
        {
            ErrorText.Write(terminal, e, json: false);
            return ExitCodes.Of(e.Code);
        }
    }

    private static IEnumerable<string> Places(string name)
    {
        var program = "hpcgrid-" + name;
        if (Environment.GetEnvironmentVariable("HPCGRID_BIN_" + name.ToUpperInvariant()) is { Length: > 0 } told) yield return told;
        yield return Path.Combine(AppContext.BaseDirectory, program);
        // In a checkout: src/HpcGrid.Cli/bin/CONFIGURATION/FRAMEWORK/ has siblings src/HpcGrid.X/bin/CONFIGURATION/FRAMEWORK/.
        var parts = AppContext.BaseDirectory.TrimEnd('/').Split('/');
        if (parts.Length < 5 || parts[^3] != "bin") yield break;
        var project = "HpcGrid." + (name == SimBatch ? "SimBatch" : char.ToUpperInvariant(name[0]) + name[1..]);
        yield return string.Join('/', [.. parts[..^4], project, "bin", parts[^2], parts[^1], program]);
    }
}
