using System.Diagnostics;
using System.Globalization;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using Spectre.Console;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: with a production of a million subjobs waiting, how long do a submission, a match and a report take central, all durable; and is that so with
/// ten million finished jobs in its history? The bridge is played by this process over the real connection, so that nothing but central is measured.
/// Wall clock is of both on the same cores; CPU is central's alone.
/// </summary>
internal static class HowFastIsCentral
{
    /// <summary>What has ended goes to the archive at once, while other things are measured.</summary>
    private const string Settings = "archiveAfterHours: 0\n";

    private const int TableWidth = 180, EventsPerReport = 6000, TemplateJobs = 1000, WarmJobs = 20_000;

    public static async Task<int> Answer(BenchOptions options)
    {
        var sizes = new CentralSizes(options);
        var without = await MeasureWithout(sizes);
        Show(options, without, sizes.History == 0 ? null : await MeasureWith(sizes));
        return 0;
    }

    private static async Task<List<Measurement>> MeasureWithout(CentralSizes sizes)
    {
        await using var central = await CentralProcess.Start(Settings);
        return await Measure(central, sizes);
    }

    /// <summary>At a central of its own, so that nothing of the other's million jobs is in the way of making the history.</summary>
    private static async Task<List<Measurement>> MeasureWith(CentralSizes sizes)
    {
        await using var central = await CentralProcess.Start(Settings);
        var clock = Stopwatch.StartNew();
        await FillHistory(central, sizes);
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"history: {CentralHistory.Count(central.Database)} archived jobs, database {new FileInfo(central.Database).Length / 1e9:F2} GB, after {clock.Elapsed.TotalSeconds:F0} s"));
        return await Measure(central, sizes);
    }

    /// <summary>Runs a production to its end at a real central, waits until it is archived, and multiplies it.</summary>
    private static async Task FillHistory(CentralProcess central, CentralSizes sizes)
    {
        var master = await RunTemplate(central);
        // A central that has just started looks at once for what is to be archived.
        await central.Stop();
        await central.Resume();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!IsArchived(central, master)) await timer.WaitForNextTickAsync();
        await central.Stop();
        CentralHistory.Fill(central.Database, master, TemplateJobs, sizes.History);
        await central.Resume();
    }

    private static async Task<long> RunTemplate(CentralProcess central)
    {
        await using var user = central.Connect("admin");
        await using var bridge = central.Connect("titan");
        await bridge.Call(new BridgeHello("titan", "ORNL", Guid.NewGuid()), default);
        var master = (await user.Call(new SubmitJob(Jdl(TemplateJobs), [], null), default)).Job;
        await Finish(bridge, await Match(bridge, TemplateJobs), JobState.Done);
        return master;
    }

    private static bool IsArchived(CentralProcess central, long master)
    {
        using var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={central.Database};Pooling=False;Mode=ReadOnly");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM archived_job WHERE job = {master}";
        return (long)command.ExecuteScalar()! == 1;
    }

    private static async Task<List<Measurement>> Measure(CentralProcess central, CentralSizes sizes)
    {
        await using var user = central.Connect("admin");
        await using var bridge = central.Connect("titan");
        await bridge.Call(new BridgeHello("titan", "ORNL", Guid.NewGuid()), default);
        var measured = new List<Measurement>();
        // Code is compiled and connections are open before the clock runs.
        await Warm(user, bridge, Math.Min(WarmJobs, sizes.Jobs));
        async Task Time(string what, int number, Func<Task> work) => measured.Add(await Measurement.Of(what, number, central, work));

        Submitted? submitted = null;
        await Time("submit, split", sizes.Jobs, async () => submitted = await user.Call(new SubmitJob(Jdl(sizes.Jobs), [], null), default));
        using var status = new StatusQueries(central.Connect("admin"), submitted!.Job);
        var held = new List<AttemptId>();
        await Time("match and lease, one bridge", sizes.Matched, async () => held = await MatchAll(bridge, sizes.Matched));
        await Time("match and lease, four bridges", sizes.Matched, async () => held.AddRange(await MatchAtOnce(bridge, sizes.Matched, 4)));
        await Time("events applied (3 a job)", 3 * held.Count, () => Finish(bridge, held, JobState.Done));
        measured.Add(await status.End());
        held = await MatchAll(bridge, sizes.Matched / 2);
        await Time("failed inputs, tried again (3 events a job)", 3 * held.Count, () => Finish(bridge, held, JobState.ErrorIB));
        await Time("kill a production", sizes.Jobs, () => user.Call(new KillJobs([submitted.Job]), default));
        // Registering them waits for its turn at the database, and is not what is asked.
        var directory = "data" + Guid.NewGuid().ToString("N")[..8];
        CentralHistory.RegisterFiles(central.Database, "admin", directory, sizes.Files);
        await Time("split over files", sizes.Files, () => SplitFiles(user, directory, sizes.Files));
        measured.Add(new Measurement("central's peak memory (MiB)", 1, 0, default, central.Cost.PeakMebibytes, 0));
        return measured;
    }

    private static async Task Warm(GridClient user, GridClient bridge, int jobs)
    {
        await user.Call(new SubmitJob(Jdl(jobs), [], null), default);
        await Finish(bridge, await MatchAll(bridge, jobs), JobState.Done);
    }

    private static async Task SplitFiles(GridClient user, string directory, int files)
    {
        var submitted = await user.Call(new SubmitJob($"Command = {{\"/bin/true\"}}; Split = \"file\"; InputData = {{\"LF:~/{directory}/*,nodownload\"}};", [], null), default);
        if (submitted.Subjobs != files) throw new InvalidOperationException($"{submitted.Subjobs} subjobs for {files} files");
        await user.Call(new KillJobs([submitted.Job]), default);
    }

    /// <summary>So many requests are always on their way, as with so many bridges.</summary>
    private static async Task<List<AttemptId>> MatchAtOnce(GridClient bridge, int jobs, int requests)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => Task.Run(() => MatchAll(bridge, jobs / requests))));
        return [.. parts.SelectMany(part => part)];
    }

    private static async Task<List<AttemptId>> MatchAll(GridClient bridge, int jobs)
    {
        var held = new List<AttemptId>();
        while (held.Count < jobs) held.AddRange(await Match(bridge, Math.Min(MatchJobs.MaxCount, jobs - held.Count)));
        return held;
    }

    private static async Task<IEnumerable<AttemptId>> Match(GridClient bridge, int count)
    {
        var slots = new SiteMap { Site = "ORNL", Ce = "BENCH::ORNL::TITAN", Cores = 16, TtlSeconds = 86_400 };
        return (await bridge.Call(new MatchJobs(Guid.NewGuid(), slots, count), CancellationToken.None)).Assignments.Select(assignment => assignment.AttemptId);
    }

    private static async Task Finish(GridClient bridge, IEnumerable<AttemptId> held, JobState end)
    {
        var events = held.SelectMany(id => Life(id, end));
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

    private static void Show(BenchOptions options, List<Measurement> without, List<Measurement>? with)
    {
        if (options.Json)
        {
            Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(new { without, with }));
            return;
        }
        var table = new Table().AddColumns("what", "number", "seconds", "a second", "central's CPU µs each", "clients' CPU µs each", "with history: a second",
            "CPU µs each", "ratio");
        for (var i = 0; i < without.Count; i++) table.AddRow([.. without[i].Cells(), .. with?[i].Against(without[i]) ?? ["", "", ""]]);
        // Whole lines into a file too.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, TableWidth);
        AnsiConsole.Write(table);
    }

    private static string Jdl(int jobs) => $"Command = {{\"/bin/true\"}}; Split = \"production:1-{jobs}\"; TTL = 600;";

    /// <summary>How much of each.</summary>
    private sealed class CentralSizes(BenchOptions options)
    {
        private readonly bool _isDefault = options.Jobs == BenchOptions.Default.Jobs;

        public int Jobs => _isDefault ? 1_000_000 : options.Jobs;
        /// <summary>Matched twice, and half of it once more.</summary>
        public int Matched => Math.Min(100_000, Jobs / 4);
        public int Files => Math.Min(100_000, Jobs);
        public int History => options.History;
    }
}
