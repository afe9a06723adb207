using System.Diagnostics;
using System.Text.Json;

namespace HpcGrid.EndToEnd.Real;

/// <summary>Pilots through a real Slurm on this machine; skipped where it cannot run.</summary>
[NonParallelizable, Category("Scheduler")]
public sealed class SlurmTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(8);
    /// <summary>Two minutes for all slots of the pilots, which live for one.</summary>
    private const int Jobs = 1_000;

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "slurm");

    [OneTimeSetUp]
    public static void Up()
    {
        Needs.Root();
        Needs.Program("slurmctld", "slurm-wlm");
        Needs.Program("munged", "munge");
        var (code, output) = Tool("up", "8");
        if (code != 0) Assert.Ignore($"no Slurm here: {output.Trim()}");
    }

    [OneTimeTearDown]
    public static void Down() => Tool("down");

    [Test]
    public async Task Work_longer_than_its_pilots_survives_a_cancelled_pilot_and_a_scheduler_that_restarts()
    {
        await using var grid = await Grid.Start(new GridSetup
        {
            System = "slurm",
            Nodes = 4,
            Templates = Isolated(),
            Walltime = 60,
            More = "  pollSeconds: 1\n  idleExit: 20",
            BridgeEnvironment = new Dictionary<string, string> { ["SLURM_CONF"] = Path.Combine(Root, "slurm.conf") },
        });
        var master = (await grid.Submit($$"""
            Command = {"/bin/sh", "-c", "sleep 1; echo #alien_counter#"};
            Split = "production:1-{{Jobs}}";
            TTL = 20;
            MemorySize = "50MB";
            WorkDirectorySize = "20MB";
            KeepOutput = "tail";
            """)).Job;
        await Eventually.True(async () => (await grid.Subjobs(master)).Count(job => job.State == "DONE") > 20, Bound, () => "the first jobs to end");
        var first = Slurm("squeue", "--noheader", "--states=running", "--format=%i").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(first, Is.Not.Empty);
        Slurm("scancel", first[0].Trim());
        await Eventually.True(async () => (await grid.Subjobs(master)).Count(job => job.State == "DONE") > 200, Bound, () => "more jobs to end");
        // The controller is away for a moment: whatever squeue says then concludes nothing.
        Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Combine(Root, "slurmctld.pid")), System.Globalization.CultureInfo.InvariantCulture)).Kill();
        await Eventually.True(() => BridgeLog(grid).Contains("the batch system does not answer", StringComparison.Ordinal), Bound, "the bridge to notice");
        Assert.That(Tool("up", "8").Code, Is.Zero);

        var progress = await grid.UntilFinal(master, Bound);
        Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = Jobs }));
        var subjobs = await grid.Subjobs(master);
        Assert.That(subjobs.Select(job => job.Attempt), Is.All.EqualTo(1), "neither the end of a pilot nor its cancellation costs a try");
        await LastWords(grid);
        var pilots = Slurm("squeue", "--noheader", "--states=all", "--format=%i|%j|%T").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        TestContext.Out.WriteLine(string.Join('\n', pilots));
        Assert.That(pilots, Has.Length.GreaterThan(8), "three generations of pilots");
        Assert.That(pilots.Select(line => line.Split('|')[1]), Is.Unique, "no pilot was submitted twice");
    }

    /// <summary>What real pilots said at their end stands in the bridge's log and in its status (R-H14).</summary>
    private static async Task LastWords(Grid grid)
    {
        JsonElement[] ended = [];
        await Eventually.True(async () =>
        {
            using var status = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(grid.Folder, "bridge/status.json")));
            ended = [.. status.RootElement.GetProperty("endedPilots").EnumerateArray().Select(pilot => pilot.Clone())];
            return ended.Length >= 4;
        }, Bound, () => "the pilots of one generation to tell what they did");
        Assert.That(ended.Sum(pilot => pilot.GetProperty("jobs").GetInt64()), Is.GreaterThan(100));
        foreach (var pilot in ended)
        {
            Assert.That(pilot.GetProperty("agents").GetInt32(), Is.EqualTo(1));
            Assert.That(pilot.GetProperty("idleShare").GetDouble(), Is.InRange(0.0, 1.0));
            Assert.That(pilot.GetProperty("reasons").EnumerateArray().Single().GetString(), Is.Not.Empty);
            Assert.That(BridgeLog(grid), Does.Match($"""{pilot.GetProperty("pilot").GetString()}"?: 1 agent ran {pilot.GetProperty("jobs").GetInt64()} job"""));
        }
    }

    private static string BridgeLog(Grid grid)
    {
        using var stream = new FileStream(Path.Combine(grid.Folder, "bridge/log/bridge.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>As a site would: a copy of the shipped folder, with one line changed: agents get no network.</summary>
    private static string Isolated()
    {
        var copy = Path.Combine(Root, "templates");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(Path.Combine(Needs.Repository, "hpc-templates/slurm"))) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        var script = Path.Combine(copy, "agent.sh");
        var text = File.ReadAllText(Path.Combine(Needs.Repository, "hpc-templates/parts/agent.sh"));
        Assert.That(text, Does.Contain("\nexec \"$@\" --node"));
        File.WriteAllText(script, text.Replace("\nexec \"$@\" --node", "\nexec unshare --net \"$@\" --node", StringComparison.Ordinal));
        return copy;
    }

    private static (int Code, string Output) Tool(params string[] words) => Run(Path.Combine(Needs.Repository, "tools/dev-slurm"), words);

    private static string Slurm(string program, params string[] words) => Run(program, words) is (0, var output) ? output : "";

    private static (int Code, string Output) Run(string program, string[] words)
    {
        var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HPCGRID_SLURM"] = Root;
        start.Environment["SLURM_CONF"] = Path.Combine(Root, "slurm.conf");
        using var process = Process.Start(start)!;
        // Daemons that it leaves behind keep its outputs open: only the process itself is waited for.
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 && Path.GetFileName(program) == "dev-slurm" ? "" : process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd());
    }
}
