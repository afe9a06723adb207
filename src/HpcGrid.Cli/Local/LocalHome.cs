namespace HpcGrid.Cli.Local;

/// <summary>Where the local grid keeps everything: $HPCGRID_HOME, or ~/.local/share/hpcgrid/local.</summary>
internal sealed record LocalHome(string Folder)
{
    private const string Variable = "HPCGRID_HOME";

    /// <summary>$HPCGRID_HOME says where.</summary>
    public static bool IsNamed => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    public static LocalHome OfThisUser() => new(IsNamed
        ? Path.GetFullPath(Environment.GetEnvironmentVariable(Variable)!)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "hpcgrid", "local"));

    /// <summary>The configuration of the user's client; exists once the grid was set up.</summary>
    public string ClientFile => In("client.yaml");
    public string StateFile => In("state.json");
    public string Central => In("central");
    public string CentralUrl => In("central/central.url");
    public string SecondStorage => In("storage2");
    public string BridgeFile => In("bridge.yaml");
    public string BridgeState => In("bridge");
    /// <summary>What the bridge writes of itself about every second.</summary>
    public string BridgeStatus => In("bridge/status.json");
    public string Spool => In("spool");
    /// <summary>The simulated batch system, when there is one.</summary>
    public string Batch => In("batch");
    /// <summary>Its commands.</summary>
    public string BatchCommands => In("batch/bin");
    /// <summary>Is there while it answers.</summary>
    public string BatchProcess => In("batch/pid");
    /// <summary>Temporary files of the daemons, so that nothing lies outside.</summary>
    public string Temporary => In("tmp");
    public string LogOf(string daemon) => In($"{daemon}.out");
    public string UserFolder(string user) => In($"central/users/{user}");

    private string In(string path) => Path.Combine(Folder, path);
}
