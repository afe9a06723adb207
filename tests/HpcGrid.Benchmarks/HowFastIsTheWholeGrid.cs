using System.Diagnostics;
using System.Text.Json;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using Spectre.Console;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: how many trivial jobs a second go through every process (submit, match, ledger, claim, start, wait4, report, commit, DONE), all
/// durable, and what does one cost in time and in operations on the shared filesystem; beside tools that keep less, on the same cores.
/// </summary>
internal static class HowFastIsTheWholeGrid
{
    private const int WarmUpJobs = 5000;

    private sealed record Run(double JobsPerSecond, double P50Seconds, double P99Seconds, double OperationsPerJob, double FsyncsPerJob,
        double BytesPerJob, IReadOnlyDictionary<string, double> PeakMebibytes, IReadOnlyDictionary<string, double> CpuMicroseconds);

    public static async Task<int> Answer(BenchOptions options)
    {
        var folder = BenchFolder.Make();
        try
        {
            var runs = new List<Run>();
            var peers = new List<IReadOnlyList<Peers.Measured>>();
            for (var i = 0; i < options.Runs; i++)
            {
                runs.Add(await Once(options, folder));
                peers.Add(await Peers.Measure(options, Directory.CreateDirectory(Path.Combine(folder, $"peers{i}")).FullName));
            }
            Show(options, runs, peers);
            return 0;
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private static async Task<Run> Once(BenchOptions options, string folder)
    {
        await using var grid = await LocalGrid.Up(folder, options);
        await using var client = grid.Connect();
        if (options.Input > 0) await Upload(grid, folder, options.Input);
        await WarmUp(client, options);
        var (before, cpuBefore) = (SpoolCost.Of(grid), grid.Cpu());
        var clock = Stopwatch.StartNew();
        var master = await client.Call(new SubmitJob(Jdl(options, options.Jobs), [], Guid.NewGuid().ToString()), CancellationToken.None);
        var progress = await UntilFinal(client, master.Job);
        var seconds = clock.Elapsed.TotalSeconds;
        var cpu = grid.Cpu();
        if (progress.States.GetValueOrDefault("DONE") != options.Jobs)
            throw new InvalidOperationException($"not all jobs are DONE: {JsonSerializer.Serialize(progress.States)}");
        var latencies = await Latencies(client, master.Job);
        // Agents write their counts with every heartbeat, the bridge about once a second; the last change must be in them.
        await Pause(TimeSpan.FromSeconds(12));
        var cost = SpoolCost.Of(grid) - before;
        return new Run(options.Jobs / seconds, Statistics.Quantile(latencies, 0.50), Statistics.Quantile(latencies, 0.99),
            cost.Operations / options.Jobs, cost.Fsyncs / options.Jobs, cost.BytesWritten / options.Jobs, grid.PeakMemory(), PerJob(cpu, cpuBefore, options.Jobs));
    }

    private static SortedDictionary<string, double> PerJob(IReadOnlyDictionary<string, CpuUse> after, IReadOnlyDictionary<string, CpuUse> before, int jobs)
    {
        var perJob = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (program, use) in after) perJob[program] = (use - before.GetValueOrDefault(program)).Own / jobs * 1e6;
        perJob["payload"] = after.Sum(pair => (pair.Value - before.GetValueOrDefault(pair.Key)).Children) / jobs * 1e6;
        return perJob;
    }

    private static async Task Upload(LocalGrid grid, string folder, int bytes)
    {
        var file = Path.Combine(folder, "shared.dat");
        var content = new byte[bytes];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(file, content);
        await grid.Cli("cp", "--force", file, "grid:shared.dat");
    }

    /// <summary>Some jobs first: pilots are up, connections open, code compiled. A running grid is what is measured, and it runs for weeks.</summary>
    private static async Task WarmUp(GridClient client, BenchOptions options)
    {
        var master = await client.Call(new SubmitJob(Jdl(options, options.Smoke ? 500 : WarmUpJobs), [], Guid.NewGuid().ToString()), CancellationToken.None);
        await UntilFinal(client, master.Job);
    }

    private static string Jdl(BenchOptions options, int jobs) => $$"""
        Command = {"{{options.Command}}"};
        Split = "production:1-{{jobs}}";
        TTL = 600;
        {{(options.Input > 0 ? "InputFile = {\"LF:~/shared.dat\"};" : "")}}
        """;

    private static async Task<JobProgress> UntilFinal(GridClient client, long job)
    {
        while (true)
        {
            var progress = await client.Call(new FollowJob(job), CancellationToken.None);
            if (JobStates.TryParse(progress.State, out var state) && state.IsFinal()) return progress;
            // Often enough for a rate over seconds; asking more often would cost central more than users do.
            await Pause(TimeSpan.FromMilliseconds(100));
        }
    }

    private static async Task<double[]> Latencies(GridClient client, long master)
    {
        var latencies = new List<double>();
        long? before = null;
        bool more;
        do
        {
            var page = await client.Call(new ListJobs { Master = master, Before = before, Limit = 1000 }, CancellationToken.None);
            latencies.AddRange(page.Jobs.Select(job => (job.EndedAt!.Value - job.SubmittedAt).TotalSeconds));
            before = page.Jobs.Count > 0 ? page.Jobs[^1].Job : null;
            more = page.More;
        } while (more);
        return [.. latencies.Order()];
    }

    private static void Show(BenchOptions options, List<Run> runs, List<IReadOnlyList<Peers.Measured>> peers)
    {
        var ours = Statistics.Median(runs.Select(run => run.JobsPerSecond));
        var rates = peers[0].Select((peer, i) => peer with
        {
            Rate = peer.Rate is null ? null : Statistics.Median(peers.Select(run => run[i].Rate!.Value)),
            CpuMicroseconds = Statistics.Median(peers.Select(run => run[i].CpuMicroseconds)),
        }).ToList();
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { options.Jobs, options.Nodes, options.Command, JobsPerSecond = ours, Runs = runs, Peers = rates },
                new JsonSerializerOptions { WriteIndented = true }));
            return;
        }
        var table = new Table().Title($"{options.Jobs} x {options.Command}, {options.Nodes} nodes, {Environment.ProcessorCount} cores, median of {runs.Count}")
            .AddColumns("system", "jobs/s", "HpcGrid is", "CPU of a job", "by CPU", "left after a crash");
        var cpu = Statistics.Median(runs.Select(run => run.CpuMicroseconds.Values.Sum()));
        table.AddRow("HpcGrid", $"{ours:F0}", "", $"{cpu:F0} us", "", "everything");
        foreach (var peer in rates)
            table.AddRow(Markup.Escape(peer.Name), peer.Rate is { } rate ? $"{rate:F0}" : "not installed", peer.Rate is { } r ? $"{ours / r:F2} x" : "",
                $"{peer.CpuMicroseconds:F0} us", $"{peer.CpuMicroseconds / cpu:F2} x", peer.Keeps);
        // In a pipe no escape codes.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect });
        console.Write(table);
        Console.WriteLine($"submit to DONE: p50 {Statistics.Median(runs.Select(run => run.P50Seconds)):F2} s, p99 {Statistics.Median(runs.Select(run => run.P99Seconds)):F2} s");
        Console.WriteLine($"spool, per job: {Statistics.Median(runs.Select(run => run.OperationsPerJob)):F3} operations, "
            + $"{Statistics.Median(runs.Select(run => run.FsyncsPerJob)):F4} fsyncs, {Statistics.Median(runs.Select(run => run.BytesPerJob)):F0} bytes written");
        Console.WriteLine("CPU of a job, us: " + string.Join(", ", runs[0].CpuMicroseconds.Keys.Select(program =>
            $"{program} {Statistics.Median(runs.Select(run => run.CpuMicroseconds.GetValueOrDefault(program))):F0}")));
        Console.WriteLine("peak memory: " + string.Join(", ", runs[^1].PeakMebibytes.Select(pair => $"{pair.Key} {pair.Value:F0} MiB")));
    }

    private static async Task Pause(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}
