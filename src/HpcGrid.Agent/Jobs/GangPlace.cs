using System.Globalization;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Jobs;

/// <summary>Where a job over several nodes runs, as its launcher and its program are told.</summary>
/// <param name="Nodes">Names of the nodes; the first is this one.</param>
/// <param name="HostFile">A file with one name in each line.</param>
/// <param name="TasksPerNode">Processes wanted on each node.</param>
/// <param name="Launcher">The site's launcher; null where it has none.</param>
/// <param name="BySite">Whether the launcher starts the program; otherwise the program is started on this node alone.</param>
internal sealed record GangPlace(IReadOnlyList<string> Nodes, string HostFile, int TasksPerNode, string? Launcher, bool BySite)
{
    private const string HostFileName = "hosts";

    /// <summary>
    /// Each task gets its numbers under our own names, whatever launcher started it: from a variable that the site's launcher set itself, else from those of
    /// the launchers. Slurm's stand last, because they may be set although another launcher started the tasks.
    /// </summary>
    private const string Numbered = """
        HPCGRID_TASKS=$1; export HPCGRID_TASKS; shift
        for HPCGRID_RANK in "$HPCGRID_RANK" "$OMPI_COMM_WORLD_RANK" "$PALS_RANKID" "$PMI_RANK" "$ALPS_APP_PE" "$JSM_NAMESPACE_RANK" \
            "$FLUX_TASK_RANK" "$SLURM_PROCID"; do
            [ -z "$HPCGRID_RANK" ] || { export HPCGRID_RANK; break; }
        done
        for HPCGRID_LOCAL_RANK in "$HPCGRID_LOCAL_RANK" "$OMPI_COMM_WORLD_LOCAL_RANK" "$PALS_LOCAL_RANKID" "$MPI_LOCALRANKID" "$JSM_NAMESPACE_LOCAL_RANK" \
            "$FLUX_TASK_LOCAL_ID" "$SLURM_LOCALID"; do
            [ -z "$HPCGRID_LOCAL_RANK" ] || { export HPCGRID_LOCAL_RANK; break; }
        done
        exec "$@"
        """;

    /// <summary>Writes the host file beside the sandbox's own files. Throws IOException.</summary>
    public static GangPlace Prepare(Gang gang, GangLaunch launch, Sandbox sandbox, string? launcher)
    {
        var hosts = Path.Combine(sandbox.Temporary, HostFileName);
        File.WriteAllText(hosts, gang.Nodes + "\n");
        return new GangPlace(gang.Nodes.Split('\n'), hosts, launch.TasksPerNode, launcher, launch.BySite);
    }

    /// <summary>Why it cannot be started; null when it can.</summary>
    public string? Fault => BySite && Launcher is null
        ? "the site has no launcher for jobs over several nodes (batch.launcher of its bridge)"
        : null;

    /// <summary>What is executed: "launcher hostfile nodes tasks-per-node program argument…", or the program itself.</summary>
    public IReadOnlyList<string> Words(IReadOnlyList<string> program) =>
        BySite ? [Launcher!, HostFile, Text(Nodes.Count), Text(TasksPerNode), "/bin/sh", "-c", Numbered, "sh", Text(Nodes.Count * TasksPerNode), .. program]
            : program;

    /// <summary>For the program's environment.</summary>
    public IEnumerable<KeyValuePair<string, string>> Variables()
    {
        yield return new("HPCGRID_NODES", Text(Nodes.Count));
        yield return new("HPCGRID_NODELIST", string.Join(',', Nodes));
        yield return new("HPCGRID_HOSTFILE", HostFile);
        yield return new("HPCGRID_TASKS_PER_NODE", Text(TasksPerNode));
        if (Launcher is not null) yield return new("HPCGRID_LAUNCHER", Launcher);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
