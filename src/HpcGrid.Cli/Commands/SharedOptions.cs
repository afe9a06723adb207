using System.CommandLine;

namespace HpcGrid.Cli.Commands;

/// <summary>Options of every command.</summary>
internal static class SharedOptions
{
    public static readonly Option<string?> Config = new("--config")
    {
        Description = "Your client.yaml (otherwise $HPCGRID_CLIENT, the local grid's, ~/.config/hpcgrid/client.yaml).",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "One JSON document on standard output; errors as JSON on standard error.",
        Recursive = true,
    };
}
