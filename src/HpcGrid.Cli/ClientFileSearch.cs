using HpcGrid.Cli.Local;
using HpcGrid.Core;

namespace HpcGrid.Cli;

/// <summary>
/// Which client.yaml counts: --config, then $HPCGRID_CLIENT, then the local grid of $HPCGRID_HOME, then ~/.config/hpcgrid, then the
/// local grid at its usual place. A named one that does not exist is an error, never a reason to take the next.
/// </summary>
internal static class ClientFileSearch
{
    public static string Find(string? config)
    {
        if (config is { Length: > 0 }) return config;
        if (Environment.GetEnvironmentVariable("HPCGRID_CLIENT") is { Length: > 0 } named) return named;
        var local = LocalHome.OfThisUser().ClientFile;
        var own = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "hpcgrid", "client.yaml");
        string[] places = LocalHome.IsNamed ? [local, own] : [own, local];
        return places.FirstOrDefault(File.Exists)
            ?? throw GridError.NotFound($"no client.yaml at {string.Join(" or ", places)}",
                "Start a grid on this machine with `hpcgrid local up`, or name your client.yaml with --config or $HPCGRID_CLIENT.");
    }
}
