using System.Globalization;

namespace HpcGrid.Soak;

/// <summary>How long to soak and with what.</summary>
internal sealed record SoakOptions
{
    public double Minutes { get; init; } = 10;
    /// <summary>Decides what is struck in which order; moments are the machine's.</summary>
    public int Seed { get; init; } = 1;
    public int Nodes { get; init; } = 3;
    /// <summary>Jobs that wait or run at a time, about.</summary>
    public int Load { get; init; } = 150;
    public bool Json { get; init; }
    /// <summary>The grid's folder stays.</summary>
    public bool Keep { get; init; }
    /// <summary>The spool as the bridge sees it; null: below the grid's folder.</summary>
    public string? Spool { get; init; }
    /// <summary>The spool as agents see it.</summary>
    public string NodeSpool { get; init; } = "";
    /// <summary>A GlusterFS of tools/dev-gluster whose server is stopped and killed too; null: none.</summary>
    public string? Gluster { get; init; }

    public const string Usage = """
        tools/soak [--minutes N] [--seed S] [--nodes N] [--load JOBS] [--gluster] [--json] [--keep]

        A real grid on this machine under random kill -9 of central, bridge, agents and payloads, stopped processes, restarts, cancelled pilots and
        killed jobs, while productions are submitted. At its end everything heals, and every job must have ended exactly once with its outputs in the
        catalogue if and only if it is DONE. Exit code 1 on any disagreement.

          --minutes N   strike for so long (10); healing comes after it
          --seed S      the order of strikes (1)
          --nodes N     compute nodes (3)
          --load JOBS   jobs that wait or run at a time (150)
          --gluster     the spool on GlusterFS with two mounts, whose server is stopped and killed too (needs root)
          --json        one JSON document instead of words
          --keep        leave the grid's folder behind, below artifacts/soak
        """;

    /// <summary>Reads the command line. Throws ArgumentException with a message for people.</summary>
    public static SoakOptions Parse(string[] arguments)
    {
        var options = new SoakOptions();
        for (var i = 0; i < arguments.Length; i++)
            options = arguments[i] switch
            {
                "--json" => options with { Json = true },
                "--keep" => options with { Keep = true },
                "--minutes" => options with { Minutes = Number(arguments, ++i) },
                "--seed" => options with { Seed = (int)Number(arguments, ++i) },
                "--nodes" => options with { Nodes = (int)Number(arguments, ++i) },
                "--load" => options with { Load = (int)Number(arguments, ++i) },
                "--on" when i + 1 < arguments.Length => On(options, arguments[++i]),
                var unknown => throw new ArgumentException($"'{unknown}' is not an option; tools/soak --help lists them"),
            };
        return options;
    }

    private static SoakOptions On(SoakOptions options, string gluster) =>
        options with { Gluster = gluster, Spool = Path.Combine(gluster, "A/spool"), NodeSpool = Path.Combine(gluster, "B/spool") };

    private static double Number(string[] arguments, int at) =>
        at < arguments.Length && double.TryParse(arguments[at], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{arguments[at - 1]} takes a positive number");
}
