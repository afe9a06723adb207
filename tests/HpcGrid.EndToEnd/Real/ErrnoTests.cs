namespace HpcGrid.EndToEnd.Real;

/// <summary>Calls of the real binaries that fail the way calls on shared filesystems do.</summary>
[Category("Real"), NonParallelizable]
public sealed class ErrnoTests
{
    private const int Nodes = 2;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    [TestCase(true, 15, TestName = "Calls_of_bridge_and_agents_on_the_spool_that_fail_lose_nothing")]
    [TestCase(false, 30, TestName = "Calls_of_agents_on_the_spool_that_fail_often_lose_nothing")]
    public async Task Calls_that_fail_lose_nothing(bool bridgeToo, int permille)
    {
        using var faults = await FaultPage.Make();
        var environment = faults.Environment;
        await using var grid = await Grid.Start(new GridSetup
        {
            Nodes = Nodes, Spool = faults.Spool,
            BridgeEnvironment = bridgeToo ? environment : new Dictionary<string, string>(),
            AgentEnvironment = environment,
            // What an error after the deed left behind goes with its agent.
            More = "  idleExit: 15",
        });
        var jobs = Needs.Part(1000, 120);
        var production = new BulkProduction(grid, jobs, secondsEach: 0.1) { LargeEvery = 10, LargeBytes = 300_000 };
        await production.Submit();
        await AgentsAreThere(grid);
        faults.Strike(permille);
        var progress = await grid.UntilFinal(production.Master, Bound);
        faults.Strike(0);
        await production.AssertWhole(progress);
        await SpoolRest.AssertNothingIsLeft(grid, Bound);
        var injected = faults.Injected;
        TestContext.Out.WriteLine($"{jobs} jobs, {permille} of 1000 calls: {string.Join(", ", injected.Select(pair => $"{pair.Value} {pair.Key}"))}; "
            + $"{await production.Requeues()} requeues");
        // Calls that write are few: of their errors any will do.
        Assert.That(new[] { injected["EIO"], injected["ESTALE"], injected["EINTR"], injected["ENOSPC"] + injected["EDQUOT"] + injected["short writes"] },
            Is.All.Positive, "never injected");
    }

    /// <summary>libfiu's injector strikes all of a process: its logs, its scratch files, its sandboxes.</summary>
    [Test]
    public async Task Agents_whose_calls_fail_everywhere_lose_nothing()
    {
        const string Library = "/usr/lib/fiu/fiu_posix_preload.so", Loader = "/usr/lib/fiu/fiu_run_preload.so";
        Needs.File(Library, "fiu-utils");
        using var faults = await FaultPage.Make();
        // What `fiu-run -x -c ...` sets. failinfo is the errno: EIO, ESTALE, ENOSPC, EDQUOT.
        string[] points =
        [
            "posix/io/sync/fsync,probability=0.02,failinfo=5", "posix/io/dir/rename,probability=0.02,failinfo=116",
            "posix/io/dir/unlink,probability=0.02,failinfo=5", "posix/io/dir/opendir,probability=0.005,failinfo=5",
            "posix/io/rw/pwrite,probability=0.01,failinfo=28", "posix/io/rw/pwrite/reduce,probability=0.01",
            "posix/io/rw/ftruncate,probability=0.01,failinfo=122",
        ];
        await using var grid = await Grid.Start(new GridSetup
        {
            Nodes = Nodes,
            AgentEnvironment = new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = $"{faults.Library} {Loader} {Library}",
                ["FIU_CTRL_FIFO"] = "",
                ["FIU_ENABLE"] = string.Join('\n', points.Select(point => $"enable_random name={point}")),
            },
        });
        var jobs = Needs.Part(600, 100);
        var production = new BulkProduction(grid, jobs, secondsEach: 0.1) { LargeEvery = 10, LargeBytes = 300_000 };
        await production.Submit();
        var progress = await grid.UntilFinal(production.Master, Bound);
        await production.AssertWhole(progress);
        await SpoolRest.AssertNothingIsLeft(grid, Bound);
        TestContext.Out.WriteLine($"{jobs} jobs, {points.Length} points of failure, {await production.Requeues()} requeues");
    }

    private static Task AgentsAreThere(Grid grid) =>
        Eventually.True(() => grid.BridgeStatus?.GetProperty("agents").GetArrayLength() == Nodes, TimeSpan.FromMinutes(1), "agents to come");
}
