namespace HpcGrid.EndToEnd;

/// <summary>What a test's grid is made of, where it is not the ordinary one.</summary>
internal sealed record GridSetup
{
    /// <summary>Compute nodes.</summary>
    public int Nodes { get; init; } = 2;

    /// <summary>Cores each offers.</summary>
    public int Cores { get; init; } = 2;

    /// <summary>The batch system.</summary>
    public string System { get; init; } = "fork";

    /// <summary>Its folder of templates; null for the shipped one.</summary>
    public string? Templates { get; init; }

    /// <summary>Seconds a pilot may live.</summary>
    public int Walltime { get; init; } = 86_400;

    /// <summary>Further lines for bridge.yaml, at its end, inside `batch`.</summary>
    public string More { get; init; } = "";

    /// <summary>The folder that grids lie in; null: the test's own.</summary>
    public string? Home { get; init; }

    /// <summary>With <see cref="Home"/>: the grid's folder stays, to be looked at.</summary>
    public bool Keep { get; set; }

    /// <summary>The spool as the bridge sees it; null: below the grid's folder. Removed at the end.</summary>
    public string? Spool { get; init; }

    /// <summary>The spool as agents see it; empty: as the bridge does.</summary>
    public string NodeSpool { get; init; } = "";

    /// <summary>Added to the bridge's environment, which its agents inherit.</summary>
    public IReadOnlyDictionary<string, string> BridgeEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>Added to the agents' environment.</summary>
    public IReadOnlyDictionary<string, string> AgentEnvironment { get; init; } = new Dictionary<string, string>();
}
