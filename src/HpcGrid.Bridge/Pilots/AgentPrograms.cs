using System.Globalization;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Pilots;

/// <summary>Finds what a pilot is started with: beside this program in an installation, in the sibling project's output in a checkout.</summary>
internal static class AgentPrograms
{
    private const string AgentName = "hpcgrid-agent";

    /// <summary>Throws GridError(NotFound) with the places that were looked at.</summary>
    public static string FindAgent(BatchOptions options)
    {
        if (options.Agent.Length > 0) return First([options.Agent], "batch.agent");
        var here = AppContext.BaseDirectory;
        var fromEnvironment = Environment.GetEnvironmentVariable("HPCGRID_BIN_AGENT") ?? "";
        return First([fromEnvironment, Path.Combine(here, AgentName),
            Path.Combine(here.Replace("HpcGrid.Bridge", "HpcGrid.Agent", StringComparison.Ordinal), AgentName)],
            "hpcgrid-agent");
    }

    /// <summary>The folder with the batch system's template. Throws GridError(NotFound).</summary>
    public static string FindTemplates(BatchOptions options)
    {
        var folder = options.Templates.Length > 0 ? options.Templates : Path.Combine(AppContext.BaseDirectory, "hpc-templates", options.System);
        return Directory.Exists(folder) ? folder
            : throw GridError.NotFound($"there is no template folder '{folder}'",
                $"Known systems: {string.Join(", ", Known())}. For another one set batch.templates to a changed copy of one of hpc-templates.");
    }

    private static IEnumerable<string?> Known() =>
        Directory.EnumerateDirectories(Path.Combine(AppContext.BaseDirectory, "hpc-templates")).Select(Path.GetFileName).Order();

    /// <summary>What starts jobs over several nodes; null where there is none and pilots have one node. Throws GridError(NotFound).</summary>
    public static string? FindLauncher(BatchOptions options)
    {
        if (options.Launcher == BatchOptions.NoLauncher) return null;
        if (options.Launcher.Length > 0) return First([options.Launcher], "batch.launcher");
        var own = Path.Combine(FindTemplates(options), "launch.sh");
        return options.NodesPerPilot == 1 && !File.Exists(own) ? null
            : First([own], "a launcher for jobs over several nodes (batch.launcher; 'none' if there shall be no such jobs)");
    }

    /// <summary>The arguments of every agent of this bridge.</summary>
    public static IReadOnlyList<string> Arguments(BridgeOptions options) =>
    [
        "--spool", options.Batch.Spool.Length > 0 ? options.Batch.Spool : options.Spool, "--site", options.Site,
        "--memory", options.Batch.MemoryOfNode.ToString(CultureInfo.InvariantCulture),
        "--disk", options.Batch.DiskOfNode.ToString(CultureInfo.InvariantCulture),
        .. FindLauncher(options.Batch) is { } launcher ? new[] { "--launcher", launcher } : [],
        .. options.Batch.SharedWork.Length > 0 ? new[] { "--shared-work", options.Batch.SharedWork } : [],
        .. options.Batch.Counters.Length > 0 ? new[] { "--counters", options.Batch.Counters } : [],
        "--idle-exit", options.Batch.IdleExit.ToString(CultureInfo.InvariantCulture),
    ];

    private static string First(IEnumerable<string> places, string what) =>
        places.FirstOrDefault(path => path.Length > 0 && File.Exists(path))
        ?? throw GridError.NotFound($"{what} was not found: looked at {string.Join(", ", places.Where(path => path.Length > 0))}",
            "Set it in bridge.yaml.");
}
