using System.Text.Json;

namespace HpcGrid.EndToEnd.Real;

/// <summary>A spool on a filesystem of 64 MB that fills up.</summary>
[Category("Real"), NonParallelizable]
public sealed class FullSpoolTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(8);

    [Test]
    public async Task A_spool_that_fills_up_stops_claims_raises_the_alarm_and_loses_nothing()
    {
        const int Jobs = 60;
        await using var disk = await SmallDisk.Make();
        await using var grid = await Grid.Start(new GridSetup { Nodes = 2, Cores = 2, Spool = Path.Combine(disk.Mount, "spool") });
        var production = new BulkProduction(grid, Jobs, secondsEach: 0.4) { LargeEvery = 3, LargeBytes = 1_000_000 };
        await production.Submit();
        await Eventually.True(async () => (await grid.Subjobs(production.Master)).Count(job => job.State == "DONE") > 4, Bound, () => "the first jobs to end");
        // Again and again: what the bridge acknowledges meanwhile gives room back.
        await Eventually.True(() => disk.Fill() && AllSayFull(grid), Bound, "all agents to say that the spool is full");
        var claimed = Claims(grid);
        await Eventually.True(() => disk.Fill() && Trouble(grid) is not null, Bound, "the alarm");
        TestContext.Out.WriteLine($"alarm: {Trouble(grid)}; {disk.Filled / 1_000_000} MB were free, now nothing is");
        for (var i = 0; i < 40; i++)
        {
            disk.Fill();
            await Needs.Pass(TimeSpan.FromMilliseconds(100));
        }
        Assert.That(Claims(grid), Is.SubsetOf(claimed), "an agent that is full has claimed more");
        Assert.That((await grid.Subjobs(production.Master)).Any(job => job.State != "DONE"), "the production was over before the disk was full");
        disk.Empty();
        await production.AssertWhole(await grid.UntilFinal(production.Master, Bound));
        await Eventually.True(() => Trouble(grid) is null, Bound, "the alarm to end");
        await SpoolRest.AssertNothingIsLeft(grid, Bound);
    }

    [Test]
    public async Task Outputs_that_together_are_larger_than_the_spool_are_all_delivered()
    {
        const int Jobs = 40;
        await using var disk = await SmallDisk.Make();
        await using var grid = await Grid.Start(new GridSetup { Nodes = 2, Cores = 2, Spool = Path.Combine(disk.Mount, "spool") });
        // Two or three outputs of 3 MB fit at a time, and those of a queue file stay until it is over, unless the spool is full.
        disk.Fill(but: 10_000_000);
        var production = new BulkProduction(grid, Jobs, secondsEach: 0.05) { LargeEvery = 1, LargeBytes = 3_000_000 };
        await production.Submit();
        await production.AssertWhole(await grid.UntilFinal(production.Master, Bound));
        await SpoolRest.AssertNothingIsLeft(grid, Bound);
    }

    private static bool AllSayFull(Grid grid)
    {
        var beats = Directory.GetFiles(Path.Combine(grid.SpoolRoot, "hb/00"));
        return beats.Length > 0 && beats.All(beat => beat.EndsWith(".full", StringComparison.Ordinal));
    }

    private static string? Trouble(Grid grid) =>
        grid.BridgeStatus is { } status && status.TryGetProperty("trouble", out var trouble) && trouble.ValueKind == JsonValueKind.String ? trouble.GetString() : null;

    private static List<string> Claims(Grid grid) =>
        [.. Directory.EnumerateDirectories(Path.Combine(grid.SpoolRoot, "agents")).Select(agent => Path.Combine(agent, "live/claim"))
            .Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)];

    /// <summary>64 MB of ext4 in a file, mounted through a loop device.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new("disk");

        public string Mount => Path.Combine(_folder.Path, "mount");
        private long Free => new DriveInfo(Mount).AvailableFreeSpace;
        private string Filler => Path.Combine(Mount, "filler");

        public static async Task<SmallDisk> Make()
        {
            Needs.Root();
            Needs.Program("mkfs.ext4", "e2fsprogs");
            if (!File.Exists("/dev/loop-control")) Assert.Ignore("this kernel has no loop devices");
            var disk = new SmallDisk();
            Directory.CreateDirectory(disk.Mount);
            var image = Path.Combine(disk._folder.Path, "image");
            using (var file = File.Create(image)) file.SetLength(64 * 1024 * 1024);
            await Needs.Run("mkfs.ext4", "-q", "-m", "0", image);
            var mounted = await Daemon.Run("/bin/mount", ["-o", "loop", image, disk.Mount], new Dictionary<string, string>());
            if (mounted.ExitCode == 0) return disk;
            disk._folder.Dispose();
            Assert.Ignore($"a loop device cannot be mounted here: {mounted.Error}");
            return disk;
        }

        public long Filled => new FileInfo(Filler).Length;

        /// <summary>Takes all room that is left, but so much.</summary>
        public bool Fill(long but = 0)
        {
            var block = new byte[16 * 1024];
            using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 1);
            try
            {
                while (but == 0 || Free > but) file.Write(block);
            }
            catch (IOException) when (but == 0) { return true; }
            return true;
        }

        public void Empty() => File.Delete(Filler);

        public async ValueTask DisposeAsync()
        {
            await Needs.Run("umount", "-l", Mount);
            _folder.Dispose();
        }
    }
}
