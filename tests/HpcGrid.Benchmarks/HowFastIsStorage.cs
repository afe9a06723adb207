using System.Diagnostics;
using System.Globalization;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: what do the small outputs of a production cost central, and how many files do they leave in its storage? Each subjob saves one
/// kilobyte; the bridge is played by this process, with as many uploads at a time as a real one has.
/// </summary>
internal static class HowFastIsStorage
{
    private const int UploadsAtOnce = 32, OutputBytes = 1024, EventsPerReport = 6000;

    public static async Task<int> Answer(BenchOptions options)
    {
        var hpcgrid = Environment.GetEnvironmentVariable("HPCGRID") ?? throw new InvalidOperationException("start the benchmarks through tools/bench");
        var jobs = options.Jobs == BenchOptions.Default.Jobs ? 20_000 : options.Jobs;
        var home = Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("HPCGRID_BENCH") ?? "artifacts/bench", Guid.NewGuid().ToString("N")[..8]));
        Directory.CreateDirectory(home);
        await Command.Run(hpcgrid, "central", "init", "--home", home).Task;
        await Command.Run(hpcgrid, "central", "user", "add", "titan", "--home", home, "--role", "bridge").Task;
        var central = Command.Run(hpcgrid, ["central", "run", "--home", home], shell => shell.ThrowOnError(false).DisposeOnExit(false));
        try
        {
            await using var user = Connect(home, "admin");
            await using var bridge = Connect(home, "titan");
            using var storage = new StorageClient(ClientFile.Read(Path.Combine(home, "users", "titan", "client.yaml")));
            await Measure(user, bridge, storage, Math.Min(jobs, 100), "warm");
            await Measure(user, bridge, storage, jobs, "measured");
            var files = Directory.GetFiles(Path.Combine(home, "storage"), "*", SearchOption.AllDirectories);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files.Length} files in the storage, {files.Sum(file => new FileInfo(file).Length)} bytes"));
            return 0;
        }
        finally
        {
            // The command starts the daemon as a process of its own.
            central.Process.Kill(entireProcessTree: true);
            await central.Task;
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task Measure(GridClient user, GridClient bridge, StorageClient storage, int jobs, string name)
    {
        var welcome = await bridge.Call(new BridgeHello("titan", "ORNL", Guid.NewGuid()), default);
        await user.Call(new SubmitJob($"Command = {{\"/bin/true\"}}; Split = \"production:1-{jobs}\"; TTL = 600; OutputFile = {{\"out.txt\"}}; "
            + $"OutputDir = \"{name}/#alien_counter#\";", [], null), default);
        var slots = new SiteMap { Site = "ORNL", Ce = "BENCH::ORNL::TITAN", Cores = 16, TtlSeconds = 86_400 };
        var held = new List<Assignment>();
        while (held.Count < jobs) held.AddRange((await bridge.Call(new MatchJobs(Guid.NewGuid(), slots, Math.Min(jobs - held.Count, MatchJobs.MaxCount)), default)).Assignments);
        var clock = Stopwatch.StartNew();
        var ends = new JobEvent[jobs];
        await Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = UploadsAtOnce }, async (i, ct) =>
            ends[i] = End(held[i].AttemptId, await Upload(storage, welcome.Storage[0], held[i], i, ct)));
        var uploaded = clock.Elapsed;
        foreach (var report in ends.Chunk(EventsPerReport)) await bridge.Call(new ReportEvents(report), default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{jobs} jobs: uploads {jobs / uploaded.TotalSeconds:F0} /s, with their ends {jobs / clock.Elapsed.TotalSeconds:F0} jobs/s"));
    }

    private static async Task<SavedOutput> Upload(StorageClient storage, StorageTarget target, Assignment job, int seed, CancellationToken ct)
    {
        var bytes = new byte[OutputBytes];
        new Random(seed).NextBytes(bytes);
        var guid = Guid.NewGuid();
        var (pfn, content) = (Pfn.Of(guid), Content.Of(bytes));
        await storage.Put($"{target.Url}/{pfn}", job.Token, content, new MemoryStream(bytes), ct);
        return new SavedOutput("out.txt", guid, content, target.Se, pfn, []);
    }

    private static JobEvent End(AttemptId id, SavedOutput output) => new(id.Job, new EventKey(id.Attempt, 0, EventSource.Bridge, 3), DateTimeOffset.UtcNow,
        new Ended(JobState.Done) { Outputs = [output], Payload = new PayloadResult { ExitCode = 0, WallSeconds = 1, CpuSeconds = 1, Node = "node1" } });

    private static GridClient Connect(string home, string account) =>
        new(ClientFile.Read(Path.Combine(home, "users", account, "client.yaml"))) { Patience = TimeSpan.FromMinutes(10) };
}
