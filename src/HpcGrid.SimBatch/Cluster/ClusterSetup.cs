using HpcGrid.Core;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>What is simulated.</summary>
/// <param name="Home">The folder that has all of it.</param>
/// <param name="System">Whose commands: slurm, openpbs, lsf …</param>
internal sealed record ClusterSetup(string Home, string System)
{
    public int Nodes { get; init; } = 4;

    /// <summary>Of each node.</summary>
    public int Cores { get; init; } = 2;

    /// <summary>Seconds that a minute of walltime, or of a warning before its end, takes; 60 is real time.</summary>
    public double Minute { get; init; } = 60;

    /// <summary>Seconds that a minute between the signals of an end takes.</summary>
    public double Grace { get; init; } = 60;

    /// <summary>Ended jobs can be asked for.</summary>
    public bool History { get; init; } = true;

    /// <summary>Take the network away from compute nodes: auto, yes or no.</summary>
    public string Isolate { get; init; } = "auto";

    /// <summary>The script runs on a node of its own with network, and only launchers reach the compute nodes.</summary>
    public bool ServiceNode { get; init; }

    /// <summary>Further launchers that this machine has: aprun, jsrun, mpiexec.</summary>
    public IReadOnlyList<string> Launchers { get; init; } = [];

    /// <summary>The node that scripts run on where they run on none of the compute nodes.</summary>
    public const string ServiceNodeName = "service1";

    public string Bin => Path.Combine(Home, "bin");
    public string Jobs => Path.Combine(Home, "jobs");
    public string FaultFile => Path.Combine(Home, "faults");
    public string DownFile => Path.Combine(Home, "down");
    public string LogFile => Path.Combine(Home, "simbatch.log");

    /// <summary>Holds the daemon's process number and when it started, in clock ticks since boot.</summary>
    public string ProcessFile => Path.Combine(Home, "pid");

    /// <summary>Relative to <see cref="Home"/>: the whole path may be longer than a socket's may be.</summary>
    public const string Socket = "socket";

    public string FolderOf(long job) => Path.Combine(Jobs, job.ToString(System_));

    /// <summary>A job's own folder on a node, which its TMPDIR is.</summary>
    public string TemporaryOf(long job, string node) => Path.Combine(Home, "nodes", node, $"job{job.ToString(System_)}");

    public IReadOnlyList<string> NodeNames => [.. Enumerable.Range(1, Nodes).Select(number => $"node{number}")];

    private static readonly IFormatProvider System_ = global::System.Globalization.CultureInfo.InvariantCulture;

    /// <summary>Throws GridError(Invalid).</summary>
    public ClusterSetup Checked()
    {
        if (Nodes is < 1 or > Limits.MostNodes) throw GridError.Invalid($"--nodes {Nodes} is not possible", $"Give 1 to {Limits.MostNodes}.");
        if (Cores is < 1 or > Limits.MostCores) throw GridError.Invalid($"--cores {Cores} is not possible", $"Give 1 to {Limits.MostCores}.");
        if (Minute is not (> 0 and <= 60)) throw GridError.Invalid($"--minute {Minute} is not possible", "Give seconds, more than 0 and at most 60.");
        if (Grace is not (> 0 and <= 60)) throw GridError.Invalid($"--grace {Grace} is not possible", "Give seconds, more than 0 and at most 60.");
        if (Isolate is not ("auto" or "yes" or "no")) throw GridError.Invalid($"--isolate {Isolate} is not possible", "Give auto, yes or no.");
        return this;
    }
}
