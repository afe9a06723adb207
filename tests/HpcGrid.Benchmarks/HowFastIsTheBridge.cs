using System.Globalization;
using System.Text;
using System.Text.Json;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using Spectre.Console;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: what does a bridge cost that serves a thousand agents of 64 slots whose jobs end 5,000 times a second? The bridge is the real one, with its
/// ledger on disk and a real spool (in memory, so that a disk is not what is measured); agents, batch system and central are played in this process, on a
/// clock of their own, so that a busy machine changes nothing. CPU is this process's while the bridge's tick runs, its share of garbage collection included;
/// memory is that of all of them together, a bound.
/// </summary>
internal static class HowFastIsTheBridge
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(100), ShortestStep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(20);

    public static int Answer(BenchOptions options)
    {
        var folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "hpcgrid-bench-" + Guid.NewGuid().ToString("N")[..8]);
        var state = Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("HPCGRID_BENCH") ?? "artifacts/bench", Path.GetFileName(folder)));
        Directory.CreateDirectory(state);
        try { Measure(options, folder, state); }
        finally
        {
            foreach (var made in new[] { folder, state }) Directory.Delete(made, recursive: true);
        }
        return 0;
    }

    private static void Measure(BenchOptions options, string folder, string state)
    {
        var (fs, clock, batch, central) = (new CountingFs(new PosixFs()), new PlayedClock(), new PlayedBatch(), new PlayedCentral());
        var settings = new BridgeOptions
        {
            Name = "titan", Site = "ORNL", Spool = Path.Combine(folder, "spool"), State = state, OperationsPerSecond = options.Operations,
            Batch = new BatchOptions { Nodes = options.Agents, CoresPerNode = options.Slots, Walltime = 86_400 },
        };
        Directory.CreateDirectory(folder);
        var root = SpoolRoot.Create(fs, settings.Spool, SpoolSharing.Private, Math.Max(1, options.Agents / 60), Guid.NewGuid(), RandomNonces.Next);
        var address = new CentralAddress(new Uri("https://central.test:1"), "none", null, null);
        using var host = new BridgeHost(new BridgeParts(settings, LedgerDatabase.Open(Path.Combine(state, "ledger.db")), root, fs, batch,
            arrivals => { central.Arrivals = arrivals; return central; }, new StorageClient(address, new SocketsHttpHandler()), SpoolTiming.For(TimeSpan.FromSeconds(2)), clock, "none")
        {
            // Everything that the bridge would do beside its loop is done in the tick: its CPU counts too.
            Ways = BridgeWays.Real with { Background = work => work().GetAwaiter().GetResult() },
        });
        central.Arrivals!.Welcomed(new BridgeWelcome("hpcgrid", ["a key"], 600, [new StorageTarget("VO::SITE::SE", "/se")]));
        central.Arrivals.Pushed(new WorkWaiting(1_000_000));
        while (batch.Tags.Count < options.Agents) Tick(host, clock, LongestStep);
        var jobTime = TimeSpan.FromSeconds(options.Agents * options.Slots / (double)options.Rate);
        var nodes = new PlayedNodes(settings.Spool, [.. batch.Tags], options.Slots, jobTime);
        var meter = new BridgeMeter(host, clock, nodes, fs, central);
        // Until all slots are taken and the rate is known: an estimate of it decides how much is offered.
        meter.Run(Warming + (2 * jobTime));
        var before = fs.Counts;
        var use = meter.Run(TimeSpan.FromSeconds(Math.Max(options.Seconds, 2 * jobTime.TotalSeconds)));
        var spool = fs.Counts.Since(before);
        Show(options, use with { PerThousandJobs = Kinds(spool, use.OperationsPerSecond > 0 ? spool.Metadata / use.OperationsPerSecond * use.EndsPerSecond / 1000 : 1) });
    }

    /// <summary>Those that go to the metadata server.</summary>
    private static Dictionary<string, double> Kinds(FsCounts counts, double thousands) => Enum.GetValues<FsOperation>()
        .Where(kind => counts[kind] > 0 && kind is not (FsOperation.Read or FsOperation.Write or FsOperation.Close))
        .ToDictionary(kind => kind.ToString(), kind => counts[kind] / thousands);

    private static void Show(BenchOptions options, BridgeUse use)
    {
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(use));
            return;
        }
        var table = new Table().AddColumns("what", "measured", "aim");
        table.AddRow("jobs ended at central a second", Text(use.EndsPerSecond), Text(options.Rate));
        table.AddRow("of one core", Text(use.Cores), "< 1");
        table.AddRow("CPU µs a job", Text(1e6 * use.Cores / Math.Max(1, use.EndsPerSecond)), "");
        table.AddRow("memory with all that is played (MiB)", Text(use.PeakMebibytes), "< 300");
        table.AddRow("metadata operations a second", Text(use.OperationsPerSecond), $"budget {(options.Operations > 0 ? options.Operations : 50 + use.EndsPerSecond / 20):0}");
        table.AddRow("metadata operations a job", (use.OperationsPerSecond / Math.Max(1, use.EndsPerSecond)).ToString("F3", CultureInfo.InvariantCulture), "");
        table.AddRow("ticks a second of the played clock", Text(use.TicksPerSecond), "");
        foreach (var (kind, count) in use.PerThousandJobs.OrderByDescending(kind => kind.Value)) table.AddRow($"  {kind}, of 1,000 jobs", Text(count), "");
        AnsiConsole.Write(table);
    }

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static void Tick(BridgeHost host, PlayedClock clock, TimeSpan most)
    {
        var pause = host.Loop.RunOnce();
        if (host.Loop.Trouble is { } trouble) throw trouble;
        clock.Advance(pause < ShortestStep ? ShortestStep : pause > most ? most : pause);
    }

    private sealed record BridgeUse(double EndsPerSecond, double Cores, double PeakMebibytes, double OperationsPerSecond, double TicksPerSecond)
    {
        public IReadOnlyDictionary<string, double> PerThousandJobs { get; init; } = new Dictionary<string, double>();
    }

    private sealed class BridgeMeter(BridgeHost host, PlayedClock clock, PlayedNodes nodes, CountingFs fs, PlayedCentral central)
    {
        private static readonly TimeSpan Part = TimeSpan.FromSeconds(5);
        private TimeSpan _cpu;
        private int _ticks;

        /// <summary>Tells on standard error how it goes, because on a busy machine it takes long.</summary>
        public BridgeUse Run(TimeSpan time)
        {
            var (start, part) = (Now(), Now());
            while (clock.Now - start.At < time)
            {
                var before = Environment.CpuUsage.TotalTime;
                Tick(host, clock, LongestStep);
                _cpu += Environment.CpuUsage.TotalTime - before;
                _ticks++;
                nodes.Until(clock.Now);
                if (clock.Now - part.At < Part) continue;
                Console.Error.WriteLine($"{clock.Now.TotalSeconds:0} s: {Since(part)}");
                part = Now();
            }
            return Since(start);
        }

        private (TimeSpan At, long Ends, FsCounts Fs, TimeSpan Cpu, int Ticks) Now() => (clock.Now, central.Ends, fs.Counts, _cpu, _ticks);

        private BridgeUse Since((TimeSpan At, long Ends, FsCounts Fs, TimeSpan Cpu, int Ticks) from)
        {
            var seconds = (clock.Now - from.At).TotalSeconds;
            var peak = ProcessCost.Of(Environment.ProcessId).PeakMebibytes;
            return new BridgeUse((central.Ends - from.Ends) / seconds, (_cpu - from.Cpu).TotalSeconds / seconds, peak,
                fs.Counts.Since(from.Fs).Metadata / seconds, (_ticks - from.Ticks) / seconds);
        }
    }

    /// <summary>Goes on only when told.</summary>
    private sealed class PlayedClock : TimeProvider
    {
        private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public TimeSpan Now { get; private set; }
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => Now.Ticks;
        public override DateTimeOffset GetUtcNow() => Start + Now;
        public void Advance(TimeSpan by) => Now += by;
    }

    /// <summary>Starts whatever is asked for at once.</summary>
    private sealed class PlayedBatch : IBatchSystem
    {
        public List<string> Tags { get; } = [];
        public string Name => "played";
        public bool IsDefinite => true;

        public Task<string> Submit(PilotRequest request, CancellationToken ct)
        {
            if (!Tags.Contains(request.Tag)) Tags.Add(request.Tag);
            return Task.FromResult("b-" + request.Tag);
        }

        public Task<IReadOnlyList<BatchStatus>> Status(IReadOnlyList<string> tags, CancellationToken ct) =>
            Task.FromResult<IReadOnlyList<BatchStatus>>([.. tags.Select(tag => new BatchStatus(tag, "b-" + tag, BatchState.Running, ""))]);

        public Task Cancel(IReadOnlyList<string> tags, CancellationToken ct) => Task.CompletedTask;
        public Task Forget(IReadOnlyList<string> tags, CancellationToken ct) => Task.CompletedTask;
        public Task<IReadOnlyList<BackfillHole>> Holes(CancellationToken ct) => Task.FromResult<IReadOnlyList<BackfillHole>>([]);
        public string LogOf(string tag) => "";
    }

    /// <summary>Has as many jobs as anybody wants, and takes what it is told.</summary>
    private sealed class PlayedCentral : ICentral
    {
        private static readonly string Spec = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(
            new JobSpec { User = "jdoe", Argv = ["/bin/sim", "--events", "1000"], Resources = new Resources(1, 1000, 1000, 600), Repeatable = true }, GridJson.Default.JobSpec));

        /// <summary>As long as a real one.</summary>
        private static readonly string Grant = new('g', 420), Token = new('t', 520);
        private long _job;

        public Arrivals? Arrivals { get; set; }
        public long Ends { get; private set; }
        public bool IsConnected => true;

        public Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply
        {
            Reply reply = request switch
            {
                MatchJobs match => new Matched(match.RequestId, [.. Enumerable.Range(0, match.Count).Select(_ => new Assignment(++_job, 1, Spec, Grant, [], Token))]),
                ReportEvents report => Take(report),
                RenewLeases => new Renewed([], 1_000_000),
                _ => new Done(),
            };
            return Task.FromResult((TReply)reply);
        }

        private Reported Take(ReportEvents report)
        {
            Ends += report.Events.Count(@event => @event.What is Ended);
            return new Reported([]);
        }
    }
}
