using HpcGrid.Bridge.Batch;
using HpcGrid.Core;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace HpcGrid.Bridge;

/// <summary>Reads, checks and prints bridge.yaml. Errors name the line and the field.</summary>
public static class BridgeOptionsFile
{
    private const long LargestFile = 1024 * 1024;

    /// <summary>A commented file with the defaults, for `init`.</summary>
    public const string Template = """
        # hpcgrid-bridge. Paths are relative to this file. `hpcgrid-bridge run --config FILE --print-config` shows every key.
        name: bridge                 # as in the bridge's certificate
        site: LOCAL                  # the site that jobs and grants name
        ce: HPCGRID::LOCAL::CE       # VO::SITE::NAME
        client: client.yaml          # where central is; made by `hpcgrid-central user add NAME --role bridge`
        spool: spool                 # on the filesystem shared with the compute nodes
        state: state                 # on a LOCAL disk of the login node: ledger, logs, staging
        closeSe: []                  # storage elements that are near, nearest first
        stopPilots: false            # true: cancel all pilots when the bridge stops
        operationsPerSecond: 0       # metadata operations on the spool; 0: 50 on a shared filesystem, 5000 on a local one
        batch:
          system: fork               # agents as processes of this machine; or slurm, openpbs, torque, lsf, sge, htcondor, cobalt, flux
          nodes: 2
          nodesPerPilot: 1           # more: jobs over several nodes can run (NodeCount), started by launch.sh of the template
          coresPerNode: 2
          spool: ""                  # the spool's path on compute nodes, where it is another one than here
          walltime: 172800           # seconds a pilot may live; jobs whose TTL does not fit are not fetched
          idleExit: 300              # seconds without work after which an agent ends
          isolateNetwork: auto       # auto | yes | no: take the network away from the agents
        """;

    /// <summary>Throws GridError: NotFound, or Invalid with line and field.</summary>
    public static BridgeOptions Read(string path)
    {
        if (!File.Exists(path)) throw GridError.NotFound($"there is no configuration '{path}'", "Write one with: hpcgrid-bridge init --config FILE");
        if (new FileInfo(path).Length > LargestFile) throw GridError.Invalid($"'{path}' is too large for a configuration");
        return Resolve(Parse(File.ReadAllText(path), path), Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Throws GridError(Invalid) with line and field.</summary>
    public static BridgeOptions Parse(string text, string path)
    {
        try
        {
            var reader = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build();
            return Checked(reader.Deserialize<BridgeOptions?>(text) ?? new BridgeOptions(), path);
        }
        catch (YamlException e)
        {
            throw new GridError(ErrorCode.Invalid, $"'{path}', line {e.Start.Line}, column {e.Start.Column}: {Innermost(e)}",
                "`hpcgrid-bridge run --print-config` shows every key with its default.", e);
        }
    }

    /// <summary>The options as YAML.</summary>
    public static string Print(BridgeOptions options) =>
        new SerializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Serialize(options);

    private static BridgeOptions Checked(BridgeOptions options, string path)
    {
        void Demand(bool good, string field, string rule)
        {
            if (!good) throw GridError.Invalid($"'{path}': {field} {rule}");
        }
        Demand(options.Name.Length > 0 && options.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'),
            "name", "must be letters, digits, '_', '-' and '.'");
        Demand(options.Site.Length > 0, "site", "must not be empty");
        Demand(options.Ce.Length > 0, "ce", "must not be empty");
        Demand(options.Client.Length > 0, "client", "must not be empty");
        Demand(options.Spool.Length > 0, "spool", "must not be empty");
        Demand(options.State.Length > 0, "state", "must not be empty");
        Demand(options.SpoolPollMilliseconds is >= 10 and <= 60_000, "spoolPollMilliseconds", "must be from 10 to 60000");
        Demand(options.OperationsPerSecond is 0 or (>= 5 and <= 1_000_000), "operationsPerSecond", "must be 0, or from 5 to 1000000");
        Demand(PlainWords.Are(options.Batch.System) && options.Batch.System.Length > 0, "batch.system", "must be the name of a folder of hpc-templates");
        Demand(options.Batch.PollSeconds is >= 0 and <= 3600, "batch.pollSeconds", "must be from 0 to 3600");
        foreach (var (field, text) in PlainWords.Of(options.Batch)) Demand(PlainWords.Are(text), field, PlainWords.Rule);
        Demand(options.Batch.MaxQueued is >= 0 and <= 10_000, "batch.maxQueued", "must be from 0 to 10000");
        Demand(options.Batch.PilotsPerMinute is >= 0 and <= 10_000, "batch.pilotsPerMinute", "must be from 0 to 10000");
        Demand(options.Batch.ShortestWalltime == 0 || (options.Batch.ShortestWalltime >= 30 && options.Batch.ShortestWalltime <= options.Batch.Walltime),
            "batch.shortestWalltime", "must be 0, or from 30 seconds to batch.walltime");
        Demand(options.Batch.Gpus is >= 0 and <= 1024, "batch.gpus", "must be from 0 to 1024");
        Demand(options.Batch.Environment.Keys.All(IsVariable), "batch.environment", "must have names of variables: letters, digits and _");
        Demand(options.Batch.Directives.TrueForAll(line => line.StartsWith('#') && IsOneLine(line)), "batch.directives", "must be lines that begin with '#'");
        Demand(options.Batch.Setup.TrueForAll(IsOneLine), "batch.setup", "must be a list of single lines");
        Demand(options.Batch.Nodes is >= 0 and <= 10_000, "batch.nodes", "must be from 0 to 10000");
        Demand(options.Batch.NodesPerPilot is >= 1 and <= 10_000, "batch.nodesPerPilot", "must be from 1 to 10000");
        Demand(options.Batch.Nodes == 0 || options.Batch.NodesPerPilot <= options.Batch.Nodes, "batch.nodesPerPilot", "must not be more than batch.nodes");
        Demand(options.Batch.CoresPerNode is >= 1 and <= 4096, "batch.coresPerNode", "must be from 1 to 4096");
        // Relative to what would be known on the node alone.
        Demand(options.Batch.Spool.Length == 0 || options.Batch.Spool.StartsWith('/'), "batch.spool", "must be an absolute path: the spool as nodes see it");
        Demand(options.Batch.Walltime is >= 30 and <= 366 * 86_400, "batch.walltime", "must be from 30 seconds to a year");
        Demand(options.Batch.IdleExit is >= 1 and <= 86_400, "batch.idleExit", "must be from 1 second to a day");
        Demand(options.Batch.MemoryMib >= 0, "batch.memoryMib", "must not be negative");
        _ = Core.Sites.Counters.Parse(options.Batch.Counters);
        Demand(options.Batch.DiskMib >= 0, "batch.diskMib", "must not be negative");
        return options;
    }

    private static bool IsVariable(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsOneLine(string line) => !line.Any(char.IsControl);

    private static BridgeOptions Resolve(BridgeOptions options, string directory) => options with
    {
        Client = Path.GetFullPath(options.Client, directory),
        Spool = Path.GetFullPath(options.Spool, directory),
        State = Path.GetFullPath(options.State, directory),
        Batch = options.Batch with
        {
            Agent = options.Batch.Agent.Length == 0 ? "" : Path.GetFullPath(options.Batch.Agent, directory),
            Launcher = options.Batch.Launcher is "" or BatchOptions.NoLauncher ? options.Batch.Launcher : Path.GetFullPath(options.Batch.Launcher, directory),
            SharedWork = options.Batch.SharedWork.Length == 0 ? "" : Path.GetFullPath(options.Batch.SharedWork, directory),
            Logs = options.Batch.Logs.Length == 0 ? "" : Path.GetFullPath(options.Batch.Logs, directory),
            Templates = options.Batch.Templates.Length == 0 ? "" : Path.GetFullPath(options.Batch.Templates, directory),
        },
    };

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message;
}
