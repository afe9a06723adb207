using System.Diagnostics;
using System.Text.Json;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: how many trivial jobs a second does one agent alone run, work-queue files in and final versions out, beside a C loop of posix_spawn and wait4
/// that does the same, and beside one that does nothing else; how long is a slot empty between two jobs; what does the agent hold in memory, and how fast is
/// it there?
/// </summary>
internal static class HowFastIsAnAgent
{
    private const int ColdStarts = 10;

    private sealed record Run(double Rate, double OwnMicroseconds, double PayloadMicroseconds, LoopUse Loop, LoopUse Bare, double StartToStartMilliseconds, double LoopStartToStart, double PeakMebibytes, double JoinSeconds, double ColdStartSeconds, double ColdStartCpuSeconds);

    public static async Task<int> Answer(BenchOptions options)
    {
        var folder = BenchFolder.Make();
        try
        {
            var loop = await SpawnLoop.Compile(folder);
            var runs = new List<Run>();
            for (var i = 0; i < options.Runs; i++) runs.Add(await Once(options, folder, loop));
            Say(options, runs, loop is not null);
            return 0;
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private static async Task<Run> Once(BenchOptions options, string folder, SpawnLoop? loop)
    {
        var slots = Environment.ProcessorCount;
        // One half before the agent and one after it: a machine that becomes slower meanwhile is slower for both.
        var loopUse = await Loop(options.Jobs / 2, slots, same: true);
        using var stand = new AgentStand(folder);
        var joined = await stand.Start(slots);
        await stand.Run(AgentStand.WarmJobs(options.Jobs), options.Command);
        var before = CpuUse.Of(stand.ProcessId);
        var (_, took) = await stand.Run(options.Jobs, options.Command);
        var used = CpuUse.Of(stand.ProcessId) - before;
        loopUse += await Loop(options.Jobs / 2, slots, same: true);
        var bareUse = await Loop(options.Jobs / 2, slots, same: false);
        var oneSlot = await Loop(1000, 1, same: true);
        var (cold, coldCpu) = await ColdStart();
        return new Run(options.Jobs / took.TotalSeconds, used.Own / options.Jobs * 1e6, used.Children / options.Jobs * 1e6, loopUse, bareUse,
            await StartToStart(options, folder), 1000 / oneSlot.Rate, CpuUse.PeakMebibytes(stand.ProcessId), joined.TotalSeconds, cold, coldCpu);

        async Task<LoopUse> Loop(int jobs, int atATime, bool same) =>
            loop is null ? new LoopUse(0, double.NaN, double.NaN) : await loop.Run(Math.Clamp(jobs, 1, options.Jobs), atATime, folder, options.Command, same);
    }

    /// <summary>With one slot: the median from one job's start to the next one's.</summary>
    private static async Task<double> StartToStart(BenchOptions options, string folder)
    {
        using var stand = new AgentStand(folder);
        await stand.Start(1);
        await stand.Run(Math.Min(options.Jobs, 1000), options.Command);
        var (reports, _) = await stand.Run(Math.Min(options.Jobs, 1000), options.Command);
        var starts = reports.Select(report => report.RunningAt!.Value).Order().ToList();
        return Statistics.Median(starts.Zip(starts.Skip(1), (one, next) => (next - one).TotalMilliseconds));
    }

    private static async Task<(double Seconds, double CpuSeconds)> ColdStart()
    {
        var times = new List<double>();
        var before = CpuUse.OfEndedChildren();
        for (var i = 0; i < ColdStarts; i++)
        {
            var clock = Stopwatch.StartNew();
            await Command.Run(AgentStand.Program, "--help").Task;
            times.Add(clock.Elapsed.TotalSeconds);
        }
        return (Statistics.Median(times), (CpuUse.OfEndedChildren() - before) / ColdStarts);
    }

    private static void Say(BenchOptions options, List<Run> runs, bool hasLoop)
    {
        double Of(Func<Run, double> what) => Statistics.Median(runs.Select(what));
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { options.Jobs, options.Command, Runs = runs },
                new JsonSerializerOptions { WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals }));
            return;
        }
        var own = Of(run => run.OwnMicroseconds);
        var payload = Of(run => run.PayloadMicroseconds);
        Console.WriteLine($"{options.Jobs} x {options.Command}, {Environment.ProcessorCount} slots, median of {runs.Count}; one agent alone");
        Console.WriteLine($"agent       {Of(run => run.Rate),8:F0} jobs/s   {own + payload,6:F0} us of CPU a job ({own:F0} its own, {payload:F0} the payload's)");
        if (hasLoop)
        {
            SayLoop("the same", run => run.Loop);
            SayLoop("bare", run => run.Bare);
        }
        else Console.WriteLine("C loop      no C compiler here");
        Console.WriteLine($"one slot    {Of(run => run.StartToStartMilliseconds):F2} ms from start to start (p50); the loop that does the same: {Of(run => run.LoopStartToStart):F2} in the mean");
        Console.WriteLine($"resident    {Of(run => run.PeakMebibytes):F0} MiB at most");
        Console.WriteLine($"cold start  {Of(run => run.ColdStartSeconds) * 1000:F0} ms ({Of(run => run.ColdStartCpuSeconds) * 1000:F0} ms of CPU); "
            + $"{Of(run => run.JoinSeconds) * 1000:F0} ms until it has joined its spool");

        void SayLoop(string what, Func<Run, LoopUse> loop) => Console.WriteLine(
            $"C: {what,-9}{Of(run => loop(run).Rate),8:F0} jobs/s   {Of(run => loop(run).Microseconds),6:F0} us of CPU a job   the agent is "
            + $"{Of(run => run.Rate / loop(run).Rate):F2} x, by CPU {Of(run => loop(run).Microseconds / (run.OwnMicroseconds + run.PayloadMicroseconds)):F2} x");
    }
}

/// <summary>Where benchmarks keep their files.</summary>
internal static class BenchFolder
{
    public static string Make() => Directory.CreateDirectory(Path.GetFullPath(Path.Combine(
        Environment.GetEnvironmentVariable("HPCGRID_BENCH") ?? "artifacts/bench", Guid.NewGuid().ToString("N")[..8]))).FullName;
}
