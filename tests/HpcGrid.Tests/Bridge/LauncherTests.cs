using System.Diagnostics;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Batch.Trial;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Bridge;

/// <summary>Scripts of pilots run with launchers that count: one agent on each node, few processes where the script runs (R-H10, R-H13).</summary>
public sealed class LauncherTests
{
    private const int MostOnServiceNode = 10;
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-launch-").FullName;

    [SetUp]
    public void Fakes()
    {
        foreach (var name in (string[])["aprun", "srun", "jsrun", "mpiexec", "flux", "blaunch", "pbsdsh", "qrsh", "hostname"])
            File.CreateSymbolicLink(Path.Combine(_folder, name), Path.Combine(Repository.Root, "tests/HpcGrid.Tests/Bridge/FakeLauncher.sh"));
        var agent = Path.Combine(_folder, "agent");
        // Its parents tell how many processes lie between it and the script.
        File.WriteAllText(agent, "#!/bin/sh\nwhile [ $# -gt 1 ]; do case $1 in --node) node=$2 ;; esac; shift; done\necho \"$node ${HPCGRID_PILOT:-}\" >> \"$FAKE/agents\"\n");
        File.SetUnixFileMode(agent, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestCase("torque", "aprun", "aprun")]
    [TestCase("cobalt", "aprun", "aprun")]
    [TestCase("lsf", "jsrun", "jsrun")]
    [TestCase("lsf", "blaunch", "blaunch")]
    [TestCase("slurm", "srun", "srun")]
    [TestCase("openpbs", "hydra", "mpiexec")]
    [TestCase("openpbs", "openmpi", "mpiexec")]
    [TestCase("openpbs", "pals", "mpiexec")]
    [TestCase("openpbs", "pbsdsh", "pbsdsh")]
    [TestCase("torque", "pbsdsh-torque", "pbsdsh")]
    [TestCase("flux", "flux", "flux")]
    public void One_call_starts_one_agent_on_each_node(string system, string start, string program)
    {
        var (agents, calls) = Run(Shipped(system), new BatchOptions { Start = start, NodesPerPilot = 12, Nodes = 12 });
        Assert.That(calls, Is.EqualTo(new[] { program }));
        Assert.That(agents, Is.EquivalentTo(Enumerable.Range(1, 12).Select(node => $"n{node} p1-example")));
    }

    [TestCase("lsf", "jsrun", "")]
    [TestCase("slurm", "srun", "")]
    [TestCase("openpbs", "hydra", "MPI_LOCALRANKID")]
    [TestCase("openpbs", "openmpi", "OMPI_COMM_WORLD_LOCAL_RANK")]
    [TestCase("openpbs", "pals", "PALS_LOCAL_RANKID")]
    [TestCase("flux", "flux", "")]
    public void A_launcher_that_starts_two_on_a_node_leaves_one_agent_there(string system, string start, string local)
    {
        var (agents, _) = Run(Shipped(system), new BatchOptions { Start = start, NodesPerPilot = 3, Nodes = 3 },
            ("FAKE_TWICE", "1"), ("FAKE_LOCAL", local.Length > 0 ? local : "MPI_LOCALRANKID"));
        Assert.That(agents, Is.EquivalentTo(new[] { "n1 p1-example", "n2 p1-example", "n3 p1-example" }));
    }

    [Test]
    public void Slurms_number_of_a_process_counts_last_because_another_launcher_may_have_started_it()
    {
        var (agents, _) = Run(Shipped("openpbs"), new BatchOptions { Start = "openmpi", NodesPerPilot = 2, Nodes = 2 },
            ("FAKE_LOCAL", "OMPI_COMM_WORLD_LOCAL_RANK"), ("SLURM_LOCALID", "5"));
        Assert.That(agents, Has.Count.EqualTo(2));
    }

    [TestCase("titan", 150, "aprun")]
    [TestCase("summit", 46, "jsrun")]
    [TestCase("theta", 128, "aprun")]
    [TestCase("cray-slurm", 16, "srun")]
    [TestCase("cluster", 1, "")]
    public void Each_ready_site_is_good_and_starts_an_agent_on_each_of_its_nodes(string site, int nodes, string program)
    {
        var folder = Path.Combine(Repository.Root, "hpc-templates/sites", site);
        Assert.That(BatchVerb.Run(new Queue<string>(["check", folder])).GetAwaiter().GetResult(), Is.Zero);
        var options = BridgeOptionsFile.Read(Path.Combine(folder, "bridge.yaml")).Batch;
        var (agents, calls) = Run(Shipped(options.System), options);
        Assert.That(agents.Distinct().Count(), Is.EqualTo(nodes));
        Assert.That(agents, Has.Count.EqualTo(nodes));
        // The script becomes the launcher: there is nothing else on the service node.
        Assert.That(calls, Is.EqualTo(program.Length > 0 ? [program] : Array.Empty<string>()));
        Assert.That(calls.Count + 1, Is.LessThanOrEqualTo(MostOnServiceNode));
    }

    [Test]
    public void Grid_Engine_starts_one_agent_on_each_host_that_it_gave()
    {
        var hosts = Path.Combine(_folder, "hosts");
        File.WriteAllText(hosts, "n1 4 main.q@n1 UNDEFINED\nn2 4 main.q@n2 UNDEFINED\nn1 2 long.q@n1 UNDEFINED\n");
        var (agents, calls) = Run(Shipped("sge"), new BatchOptions { NodesPerPilot = 2, Nodes = 2 }, ("PE_HOSTFILE", hosts));
        Assert.That(agents, Is.EquivalentTo(new[] { "n1 p1-example", "n2 p1-example" }));
        Assert.That(calls, Has.Count.EqualTo(2));
    }

    private static Adapter Shipped(string system) => AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));

    private (IReadOnlyList<string> Agents, IReadOnlyList<string> Calls) Run(Adapter adapter, BatchOptions options, params (string Name, string Value)[] environment)
    {
        var request = new PilotRequest("p1-example", options.NodesPerPilot, 4, TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch);
        var script = new SubmitScript(adapter, options with { Work = _folder, Setup = [] }, [Path.Combine(_folder, "agent")]).Make(request, "/log");
        var file = Path.Combine(_folder, "script");
        File.WriteAllText(file, script);
        var start = new ProcessStartInfo("/bin/sh", [file]) { RedirectStandardError = true };
        start.Environment["PATH"] = $"{_folder}:/usr/bin:/bin";
        start.Environment["FAKE"] = _folder;
        start.Environment["FAKE_NODES"] = options.NodesPerPilot.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["LSB_HOSTS"] = string.Join(' ', Enumerable.Range(1, options.NodesPerPilot).SelectMany(node => new[] { $"n{node}", $"n{node}" }));
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.That(shell.ExitCode, Is.Zero, error);
        return (Lines("agents"), Lines("calls"));
    }

    private string[] Lines(string name) => File.Exists(Path.Combine(_folder, name)) ? File.ReadAllLines(Path.Combine(_folder, name)) : [];
}
