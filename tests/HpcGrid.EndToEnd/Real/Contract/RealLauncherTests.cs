using System.Diagnostics;
using System.Globalization;
using HpcGrid.Agent.Jobs;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>
/// Real launchers on a real Slurm of several nodes: one agent on each node, numbers from the right variables (R-H10), few processes where the script
/// runs (R-H13). The nodes are all this machine; the launchers reach them through srun.
/// </summary>
[Parallelizable(ParallelScope.All), Category("Scheduler")]
public sealed class RealLauncherTests
{
    /// <summary>More than a launcher may reach by a process for each.</summary>
    private const int Nodes = Limits.NodesByProcesses + 1, TasksPerNode = 2;

    /// <summary>
    /// What Slurm calls a node stands in the environment of a step's first process; Hydra gives what it starts that of the first node instead.
    /// </summary>
    private const string Hostname = """
        #!/bin/sh
        process=$$
        while [ "$process" -gt 1 ]; do
            here=$(tr '\0' '\n' < /proc/$process/environ 2>/dev/null | sed -n 's/^SLURMD_NODENAME=//p')
            name=${here:-$name}
            process=$(sed -n 's/^PPid:\t//p' /proc/$process/status)
        done
        echo "$name"
        """;

    [TestCase("srun", "srun", "slurm-client")]
    [TestCase("hydra", "mpiexec.hydra", "mpich")]
    [TestCase("openmpi", "mpiexec.openmpi", "openmpi-bin")]
    public async Task A_launcher_starts_one_agent_on_each_node_with_its_own_number_and_costs_no_process_for_each(string start, string program, string package)
    {
        using var cluster = Open(start, program, package);
        var numbered = Numbered(cluster, new GangPlace(new string[Nodes], "", 1, "", BySite: true));
        // Without the launcher's own four words: the pilot's launcher has started it already.
        Agent(cluster, Line(numbered.Skip(4)));
        var (pilot, script) = (cluster.Pilot(Nodes), Path.Combine(cluster.Folder, "script"));
        var bridge = cluster.Bridge(new BatchOptions { Environment = RootMayRunOpenMpi, Setup = [$"echo $$ > {SubmitScript.Quote(script)}"] });
        await bridge.Submit(pilot, default);
        await cluster.Started(pilot, Nodes);

        Assert.That(cluster.Agents(pilot).Select(agent => agent.Node), Is.Unique.And.Exactly(Nodes).Items);
        Assert.That(Told(cluster).Select(line => line.Numbers), Is.EquivalentTo(Enumerable.Range(0, Nodes).Select(rank => $"{rank} 0 of {Nodes}")));
        Assert.That(OfSession(script), Is.LessThan(Nodes), "the launcher and what helps it");
        await cluster.UntilCancelled(bridge, pilot);
        Assert.That(cluster.Agents(pilot), Has.Count.EqualTo(Nodes));
    }

    [Test]
    public async Task A_job_over_several_nodes_gets_numbered_tasks_on_each_of_them()
    {
        using var cluster = Open("srun", "srun", "slurm-client");
        var (launcher, hosts) = (Path.Combine(AppContext.BaseDirectory, "hpc-templates/slurm/launch.sh"), Path.Combine(cluster.Folder, "hosts"));
        var job = Numbered(cluster, new GangPlace(new string[Nodes], hosts, TasksPerNode, launcher, BySite: true));
        // Of the agents the first one starts it, within the step that it is part of itself.
        Agent(cluster, $"[ \"$SLURM_PROCID\" != 0 ] || {{ scontrol show hostnames \"$SLURM_JOB_NODELIST\" > {SubmitScript.Quote(hosts)}; sh {Line(job)}; }}");
        var pilot = cluster.Pilot(Nodes);
        await cluster.Bridge().Submit(pilot, default);
        await cluster.Until(() => Told(cluster).Count == Nodes * TasksPerNode, "the tasks to tell their numbers");
        var tasks = Told(cluster);
        Assert.That(tasks.Select(task => int.Parse(task.Numbers.Split(' ')[0], CultureInfo.InvariantCulture)), Is.EquivalentTo(Enumerable.Range(0, Nodes * TasksPerNode)));
        Assert.That(tasks.Select(task => task.Numbers.Split(' ', 2)[1]).Distinct(), Is.EquivalentTo(new[] { $"0 of {Nodes * TasksPerNode}", $"1 of {Nodes * TasksPerNode}" }));
        Assert.That(tasks.CountBy(task => task.Node).Select(pair => pair.Value), Is.All.EqualTo(TasksPerNode).And.Exactly(Nodes).Items);
    }

    [TestCase("hydra", "mpiexec.hydra", "mpich")]
    [TestCase("openmpi", "mpiexec.openmpi", "openmpi-bin")]
    public async Task An_mpiexec_that_was_built_without_the_batch_system_is_refused_rather_than_an_ssh_for_each_of_many_nodes(string start, string program, string package)
    {
        Needs.Program(program, package);
        using var folder = new TemporaryFolder("hpcgrid-mpiexec");
        var adapter = AdapterFile.Read(Path.Combine(AppContext.BaseDirectory, "hpc-templates/openpbs"));
        Assert.That(await Reached(Nodes - 1), start == "hydra" ? Is.Not.Empty : Is.Empty, "fewer are reached by whatever it has");
        Assert.That(await Reached(Nodes), Is.Empty);

        // Whom the real program called by ssh, when PBS gave it so many nodes.
        async Task<string[]> Reached(int nodes)
        {
            var calls = Path.Combine(folder.Path, $"calls{nodes}");
            var script = new SubmitScript(adapter, new BatchOptions { Start = start, NodesPerPilot = nodes, Nodes = nodes }, ["agent"])
                .Make(new PilotRequest("p1-x", nodes, 1, TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch), "/log");
            Write(folder.Path, "submit.sh", script);
            Write(folder.Path, "mpiexec", $"#!/bin/sh\nexec {program} \"$@\"\n");
            // The real one would wait for its nodes for ever.
            Write(folder.Path, "ssh", $"#!/bin/sh\necho \"$*\" >> {calls}\nkill $PPID\n");
            await File.WriteAllLinesAsync(Path.Combine(folder.Path, "nodes"), Enumerable.Range(1, nodes).Select(node => $"node{node}.invalid"));
            var environment = new Dictionary<string, string>(RootMayRunOpenMpi)
            {
                ["PATH"] = $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}", ["PBS_JOBID"] = "1", ["PBS_ENVIRONMENT"] = "PBS_BATCH",
                ["PBS_NODEFILE"] = Path.Combine(folder.Path, "nodes"),
            };
            var ran = await Daemon.Run(Path.Combine(folder.Path, "submit.sh"), [], environment);
            Assert.That(ran.ExitCode, Is.Not.Zero, ran.Output);
            return File.Exists(calls) ? await File.ReadAllLinesAsync(calls) : [];
        }
    }

    private static Dictionary<string, string> RootMayRunOpenMpi => new() { ["OMPI_ALLOW_RUN_AS_ROOT"] = "1", ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1" };

    private static SlurmCluster Open(string start, string program, string package)
    {
        Needs.Program("slurmctld", "slurm-wlm");
        Needs.Program("munged", "munge");
        Needs.Program(program, package);
        var cluster = RealSystems.OpenSlurm(start);
        Write(cluster, "node/hostname", Hostname);
        if (program != "srun") Write(cluster, "node/mpiexec", $"#!/bin/sh\nexec {program} \"$@\"\n");
        return cluster;
    }

    /// <summary>The contract's agent, after a line of shell.</summary>
    private static void Agent(ContractCluster cluster, string line)
    {
        var (agent, recorder) = (Path.Combine(cluster.Folder, "agent"), Path.Combine(cluster.Folder, "recorder"));
        File.Move(agent, recorder);
        Write(cluster, "agent", $"#!/bin/sh\n{line}\nexec {SubmitScript.Quote(recorder)} \"$@\"\n");
    }

    /// <summary>A program that writes down which numbers its agent gives it.</summary>
    private static IReadOnlyList<string> Numbered(ContractCluster cluster, GangPlace place) => place.Words(["/bin/sh", "-c",
        "echo \"$(hostname)|$HPCGRID_RANK $HPCGRID_LOCAL_RANK of $HPCGRID_TASKS\" > \"$0.$HPCGRID_RANK.new\"; mv \"$0.$HPCGRID_RANK.new\" \"$0.$HPCGRID_RANK.task\"",
        Path.Combine(cluster.Folder, "told")]);

    private static string Line(IEnumerable<string> words) => string.Join(' ', words.Select(SubmitScript.Quote));

    private static IReadOnlyList<(string Node, string Numbers)> Told(ContractCluster cluster) =>
        [.. Directory.EnumerateFiles(cluster.Folder, "told.*.task").Select(file => File.ReadAllText(file).Trim().Split('|')).Select(parts => (parts[0], parts[1]))];

    /// <summary>How many processes the script holds on its host; Slurm gives each script and each step a session.</summary>
    private static int OfSession(string file)
    {
        using var leader = Process.GetProcessById(int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
        return Process.GetProcesses().Count(process => process.SessionId == leader.SessionId);
    }

    private static void Write(ContractCluster cluster, string name, string text) => Write(cluster.Folder, name, text);

    private static void Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
