namespace HpcGrid.EndToEnd.Real;

/// <summary>Wall clocks that jump. Only grants and the batch system's word are about wall-clock time.</summary>
[Category("Real"), NonParallelizable]
public sealed class ClockTests
{
    private const int Jobs = 60, Nodes = 2, Cores = 2;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(8), BetweenJumps = TimeSpan.FromSeconds(6);

    [TestCase(true, TestName = "A_bridge_whose_clock_jumps_a_day_loses_nothing_and_gives_nobody_up")]
    [TestCase(false, TestName = "Agents_whose_clocks_jump_a_day_lose_nothing_and_are_not_given_up")]
    public async Task A_clock_that_jumps_loses_nothing(bool bridge)
    {
        var library = Directory.Exists("/usr/lib")
            ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Select(folder => Path.Combine(folder, "faketime/libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
            : null;
        if (library is null) Assert.Ignore("libfaketime is not installed");
        using var folder = new TemporaryFolder("clock");
        using var memory = new FaketimeMemory();
        var clock = Path.Combine(folder.Path, "offset");
        File.WriteAllText(clock, "+0");
        var faked = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library!, ["FAKETIME_TIMESTAMP_FILE"] = clock, ["FAKETIME_CACHE_DURATION"] = "1", ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        var none = new Dictionary<string, string> { ["LD_PRELOAD"] = "" };
        await using var grid = await Grid.Start(new GridSetup
        {
            Nodes = Nodes, Cores = Cores, BridgeEnvironment = bridge ? faked : [], AgentEnvironment = bridge ? none : faked,
        });
        var production = new BulkProduction(grid, Jobs, secondsEach: 2) { LargeEvery = 10, LargeBytes = 300_000 };
        await production.Submit();
        await Eventually.True(async () => (await grid.Subjobs(production.Master)).Any(job => job.State == "DONE"), Bound, () => "the first jobs to end");
        foreach (var offset in new[] { "+1d", "-1d", "+1d", "+0" })
        {
            File.WriteAllText(clock, offset);
            await Needs.Pass(BetweenJumps);
        }
        var subjobs = await grid.Subjobs(production.Master);
        Assert.That(subjobs.Any(job => job.State != "DONE"), "the production was over before the clock had jumped");
        var progress = await grid.UntilFinal(production.Master, Bound);
        await production.AssertWhole(progress);
        Assert.That(await production.Requeues(), Is.Zero, "jobs were handed out again: somebody was given up");
    }

    /// <summary>libfaketime leaves names in /dev/shm when its process is killed.</summary>
    private sealed class FaketimeMemory : IDisposable
    {
        private readonly string[] _before = Names();

        public void Dispose()
        {
            foreach (var name in Names().Except(_before)) File.Delete(name);
        }

        private static string[] Names() => Directory.GetFiles("/dev/shm", "*faketime_s*");
    }
}
