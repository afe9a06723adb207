using System.Diagnostics;
using System.Globalization;

namespace HpcGrid.EndToEnd;

/// <summary>More work than a pilot's walltime holds, on a simulated batch system that has accidents. Mostly waiting: side by side, with what waits for real ones.</summary>
[Parallelizable(ParallelScope.All), FixtureLifeCycle(LifeCycle.InstancePerTestCase), Category("Scheduler")]
public sealed class PilotGenerationTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(8);

    /// <summary>A minute of walltime is half a minute here: PBS ends pilots earlier than they were told, as it does when a site changes its mind.</summary>
    private const string Minute = "30";

    private readonly string _home = Path.Combine(TestContext.CurrentContext.WorkDirectory, "grids", "batch-" + Guid.NewGuid().ToString("N")[..8]);

    [TearDown]
    public void Down()
    {
        Sim("down", _home);
        if (Directory.Exists(_home)) Directory.Delete(_home, recursive: true);
    }

    [TestCase("openpbs", "qdel")]
    [TestCase("slurm", "scancel")]
    [TestCase("lsf", "bkill")]
    public async Task Work_longer_than_its_pilots_survives_cancelled_requeued_and_dead_pilots_and_a_scheduler_that_restarts(string system, string cancel)
    {
        const int jobs = 160;
        string[] start = ["up", _home, "--system", system, "--nodes", "3", "--minute", Minute, "--grace", "10", .. system == "lsf" ? new[] { "--launchers", "jsrun", "--service-node" } : []];
        Sim(start);
        await using var grid = await Grid.Start(new GridSetup
        {
            System = system,
            Walltime = 60,
            More = "  pollSeconds: 1\n  idleExit: 20",
            BridgeEnvironment = new Dictionary<string, string> { ["PATH"] = $"{_home}/bin:{Environment.GetEnvironmentVariable("PATH")}" },
        });
        var master = (await grid.Submit($$"""
            Command = {"/bin/sh", "-c", "sleep 0.8; echo #alien_counter#"};
            Split = "production:1-{{jobs}}";
            TTL = 10;
            MemorySize = "50MB";
            WorkDirectorySize = "20MB";
            KeepOutput = "tail";
            """)).Job;
        await Done(grid, master, 10);
        Command(cancel, (await AnyRunning()).Id);
        await Done(grid, master, 30);
        Sim(_home, "requeue", (await AnyRunning()).Id);
        await Done(grid, master, 50);
        var node = (await AnyRunning()).Node;
        Sim(_home, "node", "down", node);
        await Done(grid, master, 70);
        Sim(_home, "node", "up", node);
        // The scheduler is away for a moment: whatever its commands say then concludes nothing.
        Daemon.KillNine(int.Parse((await File.ReadAllTextAsync(Path.Combine(_home, "pid"))).Split(' ')[0], CultureInfo.InvariantCulture));
        await Eventually.True(() => BridgeLog(grid).Contains("the batch system does not answer", StringComparison.Ordinal), Bound, "the bridge to notice");
        Sim(start);

        var progress = await grid.UntilFinal(master, Bound);
        Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = jobs }));
        Assert.That((await grid.Subjobs(master)).Select(job => job.Attempt), Is.All.EqualTo(1), "no end of a pilot costs a try");
        var pilots = Pilots();
        TestContext.Out.WriteLine(string.Join('\n', pilots));
        Assert.That(pilots.Select(pilot => pilot[2]), Is.Unique, "no pilot was submitted twice");
        Assert.That(pilots, Has.Count.GreaterThan(3), "several generations of pilots");
    }

    private static Task Done(Grid grid, long master, int least) => Eventually.True(
        async () => (await grid.Subjobs(master)).Count(job => job.State == "DONE") >= least, Bound, () => $"{least} jobs to end");

    private async Task<(string Id, string Node)> AnyRunning()
    {
        List<(string Id, string Node)> running = [];
        await Eventually.True(() => (running = Running()).Count > 0, Bound, "a pilot to run");
        return running[0];
    }

    private List<(string Id, string Node)> Running() => [.. Pilots().Where(pilot => pilot[1] == "running").Select(pilot => (pilot[0], pilot[3]))];

    /// <summary>Id, phase, tag, nodes.</summary>
    private List<string[]> Pilots() => [.. Sim(_home, "status").Split('\n').Where(line => line.StartsWith("job ", StringComparison.Ordinal))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..])];

    private static string BridgeLog(Grid grid)
    {
        using var stream = new FileStream(Path.Combine(grid.Folder, "bridge/log/bridge.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private void Command(string name, params string[] words) => Run(Path.Combine(_home, "bin", name), words);

    private static string Sim(params string[] words) => Run(Path.Combine(AppContext.BaseDirectory, "hpcgrid-simbatch"), words);

    private static string Run(string program, string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
