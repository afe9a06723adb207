using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Sites;

namespace HpcGrid.Bridge;

/// <summary>bridge.yaml. Paths are relative to the file.</summary>
public sealed record BridgeOptions
{
    /// <summary>The bridge's name, as in its certificate.</summary>
    public string Name { get; set; } = "bridge";

    /// <summary>The site, as jobs and grants name it.</summary>
    public string Site { get; set; } = "LOCAL";

    /// <summary>The computing element, "VO::SITE::NAME".</summary>
    public string Ce { get; set; } = "HPCGRID::LOCAL::CE";

    /// <summary>A client.yaml with role bridge: where central is, and the bridge's certificate.</summary>
    public string Client { get; set; } = "client.yaml";

    /// <summary>The spool's directory on the shared filesystem.</summary>
    public string Spool { get; set; } = "spool";

    /// <summary>A directory on a local disk: ledger, logs, staging, pilots.</summary>
    public string State { get; set; } = "state";

    /// <summary>Storage elements that are near, nearest first.</summary>
    public List<string> CloseSe { get; set; } = [];

    /// <summary>Packages that are in the nodes' environment, "VO@Name::Version"; a job that names others does not come here.</summary>
    public List<string> Packages { get; set; } = [];

    /// <summary>Partitions of the grid that the site belongs to.</summary>
    public List<string> Partitions { get; set; } = [];

    /// <summary>Revision of the software tree that the nodes have mounted; nothing is said without it.</summary>
    public long? CvmfsRevision { get; set; }

    /// <summary>Only these users' jobs; empty for everybody's.</summary>
    public List<string> Users { get; set; } = [];

    /// <summary>Cancel all pilots when the bridge stops; otherwise they go on and the next start adopts them.</summary>
    public bool StopPilots { get; set; }

    /// <summary>Least pause between two looks at the spool, milliseconds.</summary>
    public int SpoolPollMilliseconds { get; set; } = 50;

    /// <summary>Metadata operations a second on the spool, on average; 0 is 50 on a shared filesystem and 5000 on a local one, and one more for every 20 results.</summary>
    public int OperationsPerSecond { get; set; }

    /// <summary>How agents are started.</summary>
    public BatchOptions Batch { get; set; } = new();
}

/// <summary>The `batch` part of bridge.yaml.</summary>
public sealed record BatchOptions
{
    /// <summary>
    /// The batch system: fork, or a folder of hpc-templates with an adapter.yaml: slurm, openpbs, torque, lsf, sge, htcondor, cobalt, flux.
    /// </summary>
    public string System { get; set; } = "fork";

    /// <summary>Agents are processes of this machine, not of a batch system with an adapter.</summary>
    internal bool IsFork => System == "fork";

    /// <summary>Nodes to keep busy while there is work.</summary>
    public int Nodes { get; set; } = 2;

    /// <summary>Most pilots that wait in the batch system's queue; 0 for as many as are wanted. A site's limit per user.</summary>
    public int MaxQueued { get; set; }

    /// <summary>Most pilots submitted in a minute; 0 is 30, and no bound for fork.</summary>
    public int PilotsPerMinute { get; set; }

    /// <summary>
    /// Seconds: where the batch system tells of holes in its schedule, pilots are made as short as this to fit into one; 0 asks for the walltime always.
    /// </summary>
    public int ShortestWalltime { get; set; }

    /// <summary>Nodes of each pilot: as many can a job over several nodes have at most.</summary>
    public int NodesPerPilot { get; set; } = 1;

    /// <summary>
    /// What starts jobs over several nodes, called as FILE HOSTFILE NODES TASKS-PER-NODE PROGRAM [ARGUMENT...]; empty finds launch.sh in the template;
    /// "none": there are no jobs over several nodes, though pilots may have several.
    /// </summary>
    public string Launcher { get; set; } = "";

    /// <summary>Said for <see cref="Launcher"/>.</summary>
    internal const string NoLauncher = "none";

    /// <summary>Most nodes of one job.</summary>
    internal int NodesPerJob => Launcher == NoLauncher ? 1 : NodesPerPilot;

    /// <summary>A folder that all nodes see, for the sandboxes of jobs over several; empty: they are where other sandboxes are.</summary>
    public string SharedWork { get; set; } = "";

    /// <summary>Cores of each node.</summary>
    public int CoresPerNode { get; set; } = 2;

    /// <summary>Memory an agent may give to jobs, MiB; 0 is the default job's 8 GiB for each core, so that default jobs fill a simulated node.</summary>
    public long MemoryMib { get; set; }

    /// <summary>Room for sandboxes, MiB; 0 is the default job's 10 GiB for each core.</summary>
    public long DiskMib { get; set; }

    /// <summary>What else is counted on each node, as "gpu=4,licence=1"; agents find GPUs by themselves.</summary>
    public string Counters { get; set; } = "";

    /// <summary>The spool's directory as compute nodes see it; empty: the same path as here.</summary>
    public string Spool { get; set; } = "";

    /// <summary>Seconds a pilot may live. A job whose TTL does not fit is not fetched.</summary>
    public int Walltime { get; set; } = 172_800;

    /// <summary>An agent without work for so many seconds ends by itself.</summary>
    public int IdleExit { get; set; } = 300;

    /// <summary>Path of hpcgrid-agent; empty finds the one beside this program.</summary>
    public string Agent { get; set; } = "";

    /// <summary>Folder with the batch system's template; empty finds the one beside this program.</summary>
    public string Templates { get; set; } = "";

    /// <summary>Seconds between two questions to the batch system; 0 is half a second for fork and 15 s for others.</summary>
    public int PollSeconds { get; set; }

    /// <summary>Queue or partition; empty for the batch system's default. This and the next two: letters, digits and a few signs.</summary>
    public string Queue { get; set; } = "";

    /// <summary>Account or project that is charged; empty for the default.</summary>
    public string Account { get; set; } = "";

    /// <summary>Quality of service; empty for the default.</summary>
    public string Qos { get; set; } = "";

    /// <summary>What starts the agents on the nodes of a pilot: a part start-NAME.sh; empty for the adapter's own choice.</summary>
    public string Start { get; set; } = "";

    /// <summary>Project, where the batch system tells it from the account. This and the next three: plain words too.</summary>
    public string Project { get; set; } = "";

    /// <summary>An advance reservation.</summary>
    public string Reservation { get; set; } = "";

    /// <summary>Features that nodes must have, in the batch system's words.</summary>
    public string Constraint { get; set; } = "";

    /// <summary>Licences, in the batch system's words.</summary>
    public string Licences { get; set; } = "";

    /// <summary>GPUs of each node to ask for; 0 asks for none.</summary>
    public int Gpus { get; set; }

    /// <summary>Ask for nodes that nobody else has.</summary>
    public bool Exclusive { get; set; }

    /// <summary>Variables for the agents and their jobs.</summary>
    public Dictionary<string, string> Environment { get; set; } = [];

    /// <summary>What only this batch system knows: names that its adapter.yaml lists as attributes.</summary>
    public Dictionary<string, string> Attributes { get; set; } = [];

    /// <summary>Further directive lines of the submit script, as they are: "#SBATCH --constraint=haswell".</summary>
    public List<string> Directives { get; set; } = [];

    /// <summary>Lines of shell before the agent is started: "module load dotnet".</summary>
    public List<string> Setup { get; set; } = [];

    /// <summary>Folder for sandboxes on the node's own disk; empty for one below the node's TMPDIR.</summary>
    public string Work { get; set; } = "";

    /// <summary>Folder for the pilots' output, which compute nodes must see; empty for one beside the spool.</summary>
    public string Logs { get; set; } = "";

    /// <summary>Take the network away from fork's agents: auto, yes or no.</summary>
    public Isolate IsolateNetwork { get; set; } = Isolate.Auto;

    internal long MemoryOfNode => MemoryMib > 0 ? MemoryMib : CoresPerNode * Resources.Default.MemoryMib;

    internal long DiskOfNode => DiskMib > 0 ? DiskMib : CoresPerNode * Resources.Default.DiskMib;
}
