using System.Diagnostics;
using System.Globalization;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: with a production of a million subjobs waiting, how long do a submission, a match and a report take central, all durable? The bridge
/// is played by this process over the real connection, so that nothing but central is measured.
/// </summary>
internal static class HowFastIsCentral
{
    private const int MatchSize = MatchJobs.MaxCount, Matches = 10, EventsPerReport = 6000;

    public static async Task<int> Answer(BenchOptions options)
    {
        var hpcgrid = Environment.GetEnvironmentVariable("HPCGRID") ?? throw new InvalidOperationException("start the benchmarks through tools/bench");
        var jobs = options.Jobs == BenchOptions.Default.Jobs ? 1_000_000 : options.Jobs;
        var home = Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("HPCGRID_BENCH") ?? "artifacts/bench", Guid.NewGuid().ToString("N")[..8]));
        Directory.CreateDirectory(home);
        await Command.Run(hpcgrid, "central", "init", "--home", home).Task;
        await Command.Run(hpcgrid, "central", "user", "add", "titan", "--home", home, "--role", "bridge").Task;
        var central = Command.Run(hpcgrid, ["central", "run", "--home", home], shell => shell.ThrowOnError(false).DisposeOnExit(false));
        try
        {
            await using var user = Connect(home, "admin");
            await using var bridge = Connect(home, "titan");
            await Measure(user, bridge, jobs);
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

    private static async Task Measure(GridClient user, GridClient bridge, int jobs)
    {
        var done = CancellationToken.None;
        await bridge.Call(new BridgeHello("titan", "ORNL", Guid.NewGuid()), done);
        // Code is compiled and connections are open before the clock runs.
        await user.Call(new SubmitJob(Jdl(100), [], null), done);
        await Finish(bridge, await Match(bridge, 100), JobState.Done);
        Submitted? submitted = null;
        await Time($"submit {jobs} subjobs", jobs, async () => submitted = await user.Call(new SubmitJob(Jdl(jobs), [], null), done));
        var held = new List<Assignment>();
        await Time($"match {Matches * MatchSize} of them", Matches * MatchSize, async () =>
        {
            for (var i = 0; i < Matches; i++) held.AddRange(await Match(bridge, MatchSize));
        });
        await Time($"report {held.Count} as done", held.Count, () => Finish(bridge, held, JobState.Done));
        held.Clear();
        for (var i = 0; i < Matches; i++) held.AddRange(await Match(bridge, MatchSize));
        await Time($"report {held.Count} failed inputs, tried again", held.Count, () => Finish(bridge, held, JobState.ErrorIB));
        await Time("list the failed and follow", 1, async () =>
        {
            await user.Call(new ListJobs { Master = submitted!.Job, States = ["ERROR_IB"] }, done);
            await user.Call(new FollowJob(submitted.Job), done);
        });
        await Time($"kill the {jobs}", jobs, () => user.Call(new KillJobs([submitted!.Job]), done));
    }

    private static async Task<IReadOnlyList<Assignment>> Match(GridClient bridge, int count)
    {
        var slots = new SiteMap { Site = "ORNL", Ce = "BENCH::ORNL::TITAN", Cores = 16, TtlSeconds = 86_400 };
        return (await bridge.Call(new MatchJobs(Guid.NewGuid(), slots, count), CancellationToken.None)).Assignments;
    }

    private static async Task Finish(GridClient bridge, IReadOnlyList<Assignment> held, JobState end)
    {
        var events = held.SelectMany(assignment => Life(assignment.AttemptId, end));
        foreach (var report in events.Chunk(EventsPerReport)) await bridge.Call(new ReportEvents(report), CancellationToken.None);
    }

    private static JobEvent[] Life(AttemptId id, JobState end)
    {
        var now = DateTimeOffset.UtcNow;
        var payload = end == JobState.Done ? new PayloadResult { ExitCode = 0, WallSeconds = 60, CpuSeconds = 55, Node = "node1" } : null;
        return
        [
            new JobEvent(id.Job, new EventKey(id.Attempt, 0, EventSource.Agent, 1), now, new Started("node1", "agent1")),
            new JobEvent(id.Job, new EventKey(id.Attempt, 0, EventSource.Bridge, 2), now, payload is null ? new Noted("its input is away") : new Running("node1", "/tmp/w")),
            new JobEvent(id.Job, new EventKey(id.Attempt, 0, EventSource.Bridge, 3), now, new Ended(end) { Payload = payload, Reason = payload is null ? "away" : null }),
        ];
    }

    private static async Task Time(string what, int number, Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-46} {seconds,8:F2} s   {number / seconds,10:F0} /s"));
    }

    private static string Jdl(int jobs) => $"Command = {{\"/bin/true\"}}; Split = \"production:1-{jobs}\"; TTL = 600;";

    private static GridClient Connect(string home, string account) =>
        new(ClientFile.Read(Path.Combine(home, "users", account, "client.yaml"))) { Patience = TimeSpan.FromMinutes(10) };
}
