using System.Diagnostics;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Batch;

/// <summary>What every launcher part must keep: one agent on each node (R-H10), and few processes where the script runs, whatever the size (R-H13).</summary>
public sealed class LauncherContractTests
{
    /// <summary>Parts that start the agents with a launcher. `itself` has none; `qrsh` needs a process for each host, which docs/batch/sge.md says.</summary>
    private static IEnumerable<string> Launchers => Directory.EnumerateFiles(Path.Combine(Repository.Root, "hpc-templates/parts"), "start-*.sh")
        .Select(file => Path.GetFileNameWithoutExtension(file)["start-".Length..]).Except(["itself", "qrsh"]).Order();

    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-launcher-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_script_for_a_thousand_nodes_becomes_one_launcher_and_leaves_no_other_process([ValueSource(nameof(Launchers))] string launcher)
    {
        var system = launcher switch
        {
            "srun" => "slurm",
            "jsrun" or "blaunch" => "lsf",
            "flux" => "flux",
            "pbsdsh-torque" => "torque",
            "aprun" => "cobalt",
            _ => "openpbs",
        };
        foreach (var name in (string[])["srun", "aprun", "mpiexec", "flux", "blaunch", "pbsdsh", .. launcher == "jsrun" ? ["jsrun"] : Array.Empty<string>()])
            Program(name, $"[ \"$1\" != job ] && [ \"$1\" != getattr ] || exit 1; echo $$ >> '{_folder}/launched'");
        foreach (var name in (string[])["qstat", "bjobs", "squeue"]) Program(name, "exit 1");
        var script = Path.Combine(_folder, "submit.sh");
        await File.WriteAllTextAsync(script, ScriptOf(system, launcher, nodes: 1_000));
        var start = new ProcessStartInfo("/bin/sh", [script]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["LSB_HOSTS"] = string.Join(' ', Enumerable.Range(1, 1_000).Select(node => $"node{node}"));
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        // The launcher has the number of the script: it took its place.
        Assert.That(File.Exists(Path.Combine(_folder, "launched")), said);
        Assert.That(await File.ReadAllLinesAsync(Path.Combine(_folder, "launched")), Is.EqualTo(new[] { $"{process.Id}" }), said);
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

    private static string ScriptOf(string system, string launcher, int nodes)
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));
        return new SubmitScript(adapter, new BatchOptions { Start = launcher }, ["agent"])
            .Make(new PilotRequest("p1-x", nodes, 16, TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch), "/log");
    }

    private void Program(string name, string body)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}
