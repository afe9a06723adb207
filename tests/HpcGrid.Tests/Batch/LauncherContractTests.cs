using System.Diagnostics;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Tests.House;
using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Batch;

/// <summary>What every launcher part must keep: one agent on each node (R-H10), and few processes where the script runs, whatever the size (R-H13).</summary>
public sealed class LauncherContractTests
{
    private const int MostOnOneHost = 10, ManyNodes = 1_000;

    /// <summary>Parts that start the agents with a launcher; `itself` has none.</summary>
    private static IEnumerable<string> Launchers => Directory.EnumerateFiles(Path.Combine(Repository.Root, "hpc-templates/parts"), "start-*.sh")
        .Select(file => Path.GetFileNameWithoutExtension(file)["start-".Length..]).Except(["itself"]).Order();

    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-launcher-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_script_for_as_many_nodes_as_a_pilot_may_have_holds_few_processes_where_it_runs([ValueSource(nameof(Launchers))] string launcher)
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", SystemOf(launcher)));
        var nodes = adapter.NodesAtMost > 0 ? adapter.NodesAtMost : ManyNodes;
        LaunchersThatWait(launcher);
        var (script, hosts) = (Path.Combine(_folder, "submit.sh"), Enumerable.Range(1, nodes).Select(node => $"node{node}").ToList());
        await File.WriteAllTextAsync(script, ScriptOf(adapter, launcher, nodes));
        await File.WriteAllLinesAsync(Path.Combine(_folder, "hosts"), hosts.Select(host => $"{host} 16 main.q@{host} UNDEFINED"));
        // A session of its own: whatever it holds is found by that.
        var start = new ProcessStartInfo("setsid", ["/bin/sh", script]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["LSB_HOSTS"] = string.Join(' ', hosts);
        start.Environment["PE_HOSTFILE"] = Path.Combine(_folder, "hosts");
        using var process = Process.Start(start)!;
        var expected = launcher == "qrsh" ? nodes : 1;
        await Waiting(() => Launched.Length == expected || process.HasExited);
        if (process.HasExited) Assert.Fail($"it ended before its launcher: {await process.StandardError.ReadToEndAsync()}");
        var held = OfSession(process.Id);
        Assert.That(held, Has.Count.LessThanOrEqualTo(MostOnOneHost));
        // A launcher has the number of the script: it took its place.
        if (launcher != "qrsh") Assert.That((held.Single(), Launched.Single()), Is.EqualTo((process.Id, $"{process.Id}")));
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    [Test]
    public void A_site_that_asks_for_larger_pilots_than_its_system_serves_is_told_so_before_anything_is_submitted()
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates/sge"));
        var error = Assert.Throws<GridError>(() => ScriptOf(adapter, "", adapter.NodesAtMost + 1))!;
        Assert.That((error.Code, error.Message), Is.EqualTo((ErrorCode.Invalid, "batch.nodesPerPilot is 10, and a pilot of sge that qrsh starts has 9 nodes at most")));
        Assert.That(error.Hint, Does.Contain("More pilots of fewer nodes"));
    }

    [TestCase("cobalt", "hydra")]
    [TestCase("htcondor", "openmpi")]
    [TestCase("lsf", "hydra")]
    public void An_mpiexec_that_the_system_gives_nothing_to_reaches_no_more_nodes_than_processes_may_be(string system, string start)
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));
        Assert.DoesNotThrow(() => ScriptOf(adapter, start, Limits.NodesByProcesses));
        var error = Assert.Throws<GridError>(() => ScriptOf(adapter, start, Limits.NodesByProcesses + 1))!;
        Assert.That(error.Message, Does.Contain($"a pilot of {system} that {start} starts has 9 nodes at most"));
    }

    [TestCase("openpbs", "hydra", "HYDRA_LAUNCHER='pbs'")]
    [TestCase("torque", "openmpi", "OMPI_MCA_plm='tm' PRTE_MCA_plm='tm'")]
    [TestCase("slurm", "hydra", "HYDRA_LAUNCHER='slurm'")]
    [TestCase("lsf", "openmpi", "OMPI_MCA_plm='lsf' PRTE_MCA_plm='lsf'")]
    public void An_mpiexec_reaches_more_nodes_than_processes_may_be_by_the_batch_system_alone(string system, string start, string way)
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));
        Assert.That(ScriptOf(adapter, start, Limits.NodesByProcesses), Does.Not.Contain(way), "few nodes are reached by whatever there is");
        Assert.That(ScriptOf(adapter, start, Limits.NodesByProcesses + 1), Does.Contain($"export {way}"));
    }

    [TestCase("openpbs", "hydra")]
    [TestCase("openpbs", "openmpi")]
    [TestCase("torque", "pals")]
    [TestCase("sge", "openmpi")]
    [TestCase("slurm", "hydra")]
    public async Task An_mpiexec_starts_one_agent_on_each_node_and_ends_with_them(string system, string start)
    {
        using var cluster = new SimCluster(system, start, "--launchers", "mpiexec");
        var (bridge, pilot) = (cluster.Bridge(), cluster.Pilot(3));
        await bridge.Submit(pilot, default);
        await cluster.Started(pilot, 3);
        Assert.That(cluster.Agents(pilot).Select(agent => agent.Node), Is.Unique.And.Exactly(3).Items);
        var cancelled = cluster.Pilot(2);
        await bridge.Submit(cancelled, default);
        await cluster.Started(cancelled, 2);
        await cluster.UntilCancelled(bridge, cancelled);
        cluster.Go(pilot);
        await cluster.UntilState(bridge, pilot, BatchState.Ended);
        Assert.That(cluster.Agents(pilot), Has.Count.EqualTo(3));
    }

    private static string SystemOf(string launcher) => launcher switch
    {
        "srun" => "slurm",
        "jsrun" or "blaunch" => "lsf",
        "flux" => "flux",
        "pbsdsh-torque" => "torque",
        "aprun" => "cobalt",
        "qrsh" => "sge",
        _ => "openpbs",
    };

    private static string ScriptOf(Adapter adapter, string launcher, int nodes) =>
        new SubmitScript(adapter, new BatchOptions { Start = launcher, NodesPerPilot = nodes, Nodes = nodes }, ["agent"])
            .Make(new PilotRequest("p1-x", nodes, 16, TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch), "/log");

    private string[] Launched => File.Exists(Path.Combine(_folder, "launched")) ? File.ReadAllLines(Path.Combine(_folder, "launched")) : [];

    /// <summary>Programs under the launchers' names that write down that they run, and wait for a line of a pipe: without a process of their own for that.</summary>
    private void LaunchersThatWait(string launcher)
    {
        var go = Path.Combine(_folder, "go");
        using (var pipe = Process.Start("mkfifo", go)) pipe.WaitForExit();
        foreach (var name in (string[])["srun", "aprun", "mpiexec", "flux", "blaunch", "pbsdsh", "qrsh", .. launcher == "jsrun" ? ["jsrun"] : Array.Empty<string>()])
            Program(name, $"[ \"$1\" != job ] && [ \"$1\" != getattr ] || exit 1; echo $$ >> '{_folder}/launched'; read -r line < '{go}'");
        foreach (var name in (string[])["qstat", "bjobs", "squeue"]) Program(name, "exit 1");
    }

    private static List<int> OfSession(int leader) => [.. Process.GetProcesses().Where(process => process.SessionId == leader).Select(process => process.Id)];

    private static async Task Waiting(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var clock = Stopwatch.StartNew();
        while (!condition() && clock.Elapsed < TimeSpan.FromMinutes(1)) await timer.WaitForNextTickAsync();
    }

    private void Program(string name, string body)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}
