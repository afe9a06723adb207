using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Staging;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>A whole bridge on a real ledger and a real spool in a temporary folder; central, storage and batch system are the test's.</summary>
internal sealed class BridgeRig : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), BackgroundTakes = TimeSpan.FromMilliseconds(5);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "hpcgrid-bridge-" + Guid.NewGuid().ToString("N")[..12]);
    private BridgeHost? _host;
    private int _working;

    public BridgeRig()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "state"));
        Options = new BridgeOptions
        {
            Name = "titan",
            Site = "SITE",
            Spool = Path.Combine(_folder, "spool"),
            State = Path.Combine(_folder, "state"),
            Batch = new BatchOptions { Nodes = 1, CoresPerNode = 2, Walltime = 100_000 },
        };
    }

    public BridgeOptions Options { get; set; }

    /// <summary>More than one: a spool of very many agents. Before the first start.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>C of the mount that is played.</summary>
    public TimeSpan CachingBound { get; init; }

    /// <summary>What may stay of what was staged.</summary>
    public StagingRoom Room { get; init; } = StagingRoom.Default;

    /// <summary>What fails of that.</summary>
    public FaultyFs Faults { get; } = new(new PosixFs());

    /// <summary>What the bridge asks of the spool.</summary>
    public CountingFs Fs { get; private set; } = null!;
    public FakeCentral Central { get; private set; } = new();
    public FakeBatch Batch { get; } = new();
    public FakeStorage Storage { get; } = new();
    public ManualTime Time { get; } = new();
    public LedgerDatabase Ledger { get; private set; } = null!;
    public BridgeHost Host => _host ??= Start();

    /// <summary>Stops the bridge as kill -9 would, as far as ledger and spool can tell, and starts it again.</summary>
    public void Restart(FakeCentral? central = null)
    {
        _host?.Dispose();
        _host = null;
        Central = central ?? Central;
        _ = Host;
    }

    /// <summary>Looks at the ledger while the bridge is down, then goes on.</summary>
    public void WithLedger(Action<LedgerDatabase> look)
    {
        _host?.Dispose();
        _host = null;
        using var ledger = LedgerDatabase.Open(Path.Combine(Options.State, "ledger.db"));
        ledger.Transact(() => look(ledger));
    }

    /// <summary>Ticks until the condition holds.</summary>
    public void Until(Func<bool> condition, string what)
    {
        var limit = DateTime.UtcNow + Patience;
        for (var i = 0; !condition(); i++)
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(limit), $"waited in vain: {what}; trouble: {Host.Loop.Trouble?.Message}");
            // On a busy machine the played clock would run away from background work, until agents were taken for dead.
            SpinWait.SpinUntil(() => Volatile.Read(ref _working) == 0, BackgroundTakes);
            Ticks(1);
            Thread.Yield();
        }
    }

    public void Ticks(int count, double seconds = 0.05)
    {
        for (var i = 0; i < count; i++)
        {
            _ = Host.Loop.RunOnce();
            Time.Advance(TimeSpan.FromSeconds(seconds));
        }
    }

    /// <summary>Plays an agent of the first pilot that runs.</summary>
    public PlayedAgent Agent(string node = "node1", int cores = 2) => new(Options.Spool, Pilot(), node, cores);

    /// <summary>A pilot that runs.</summary>
    public string Pilot()
    {
        _ = Host;
        Until(() =>
        {
            // Again and again: the answer to a match that finds nothing takes the hint back, and may come before the bridge has acted upon it.
            if (Central.Waiting.IsEmpty && Batch.Pilots.IsEmpty) Central.Arrivals!.Pushed(new WorkWaiting(1));
            return Batch.Pilots.Values.Any(state => state == HpcGrid.Bridge.Pilots.BatchState.Running);
        }, "a pilot is started");
        return Batch.Pilots.First(pair => pair.Value == HpcGrid.Bridge.Pilots.BatchState.Running).Key;
    }

    private BridgeHost Start()
    {
        var fs = Fs = new CountingFs(Faults);
        var root = SpoolRoot.Create(fs, Options.Spool, SpoolSharing.Private, Shards, Guid.NewGuid(), RandomNonces.Next);
        var ledger = Ledger = LedgerDatabase.Open(Path.Combine(Options.State, "ledger.db"));
        var address = new CentralAddress(new Uri("https://central.test:1"), "none", null, null);
        var central = Central;
        var host = new BridgeHost(new BridgeParts(
            Options, ledger, root, fs, Batch, arrivals => { central.Arrivals = arrivals; return central; }, new StorageClient(address, Keep(Storage)),
            SpoolTiming.For(CachingBound), Time, "test") { Ways = BridgeWays.Real with { Room = Room, Background = Count } });
        central.Arrivals!.Welcomed(new BridgeWelcome("hpcgrid", ["a key"], 600, [new StorageTarget("VO::SITE::SE", "/se")]));
        return host;
    }

    private void Count(Func<Task> work)
    {
        Interlocked.Increment(ref _working);
        _ = Task.Run(work).ContinueWith(_ => Interlocked.Decrement(ref _working), TaskScheduler.Default);
    }

    /// <summary>The client of one life of the bridge must not end the storage element.</summary>
    private static HttpMessageHandler Keep(FakeStorage storage) => new Passing(storage);

    public void Dispose()
    {
        _host?.Dispose();
        Storage.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Passing(FakeStorage inner) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _inner = new(inner, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _inner.SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>An agent in the hands of a test: the real protocol, no payload.</summary>
internal sealed class PlayedAgent
{
    private readonly Dictionary<QueueName, long> _sequences = [];
    private long _beat;

    public PlayedAgent(string spool, string pilot, string node, int cores = 2)
    {
        Name = AgentName.Make("b-" + pilot, node, RandomNonces.Next());
        var card = new AgentCard(Name, node, pilot, "b-" + pilot, cores, 16_384, 20_480, "none", null, 1);
        Spool = AgentSpool.Join(new PosixFs(), spool, card, RandomNonces.Next);
        Node = node;
    }

    public string Name { get; }
    public string Node { get; }
    public AgentSpool Spool { get; }

    /// <summary>Claims the oldest offer when there is one.</summary>
    public WorkQueue? TryClaim()
    {
        foreach (var entry in Spool.ListPool(0, 10).Items)
            if (Spool.TryClaim(entry) == Errno.None) return Spool.ReadClaim(entry.Name).Queue;
        return null;
    }

    /// <param name="left">Its last words.</param>
    /// <param name="changes">How often it has changed its directories.</param>
    /// <param name="lease">The lease it has seen last.</param>
    /// <param name="gang">The gang it keeps its node for.</param>
    /// <param name="idle">Its idle cores.</param>
    /// <param name="full">It cannot write its results.</param>
    public void Beat(bool left = false, long changes = 0, long lease = 0, long gang = 0, int idle = 2, bool full = false) =>
        Spool.Heartbeat(new HeartbeatMarker(++_beat, idle, left, full) { Left = left, Gang = gang, Applied = Spool.AppliedMessage, Changes = changes, Lease = lease });

    public JobReport Report(QueuedJob job, ReportStage stage, Outcome? outcome = null) => new()
    {
        Job = job.Id.Job,
        Attempt = job.Id.Attempt,
        Branch = job.Branch,
        Stage = stage,
        Outcome = outcome,
        Node = Node,
        Agent = Name,
        StartedAt = DateTimeOffset.UnixEpoch,
        RunningAt = stage >= ReportStage.Running && outcome is not Outcome.HandedBack ? DateTimeOffset.UnixEpoch : null,
        EndedAt = stage == ReportStage.Ended ? DateTimeOffset.UnixEpoch.AddSeconds(1) : null,
        Payload = outcome == Outcome.Succeeded ? new PayloadResult { ExitCode = 0, Node = Node } : null,
        StdoutTail = "hello",
    };

    public void Publish(WorkQueue queue, bool final, IEnumerable<JobReport> reports, IReadOnlyDictionary<string, byte[]>? blobs = null,
        IReadOnlyList<AgentNote>? notes = null)
    {
        var sequence = _sequences[queue.Header.Name] = _sequences.GetValueOrDefault(queue.Header.Name) + 1;
        Publish(queue, sequence, final, reports, blobs, notes);
    }

    public void Publish(WorkQueue queue, long sequence, bool final, IEnumerable<JobReport> reports, IReadOnlyDictionary<string, byte[]>? blobs = null,
        IReadOnlyList<AgentNote>? notes = null)
    {
        var version = new WorkQueueVersion(queue.Header, sequence, final, Name, Spool.AppliedMessage, [.. reports], blobs ?? new Dictionary<string, byte[]>())
        { Notes = notes ?? [] };
        Assert.That(Spool.PublishVersion(new VersionName(queue.Header.Name, sequence, final), WorkQueueImage.Write(version)), Is.EqualTo(Errno.None));
    }

    public void Finish(WorkQueue queue, Outcome outcome = Outcome.Succeeded) => Publish(queue, true, queue.Jobs.Select(job => Report(job, ReportStage.Ended, outcome)));

    public IReadOnlyList<ControlMessage> Messages()
    {
        _seen.AddRange(Spool.ReadInbox().Messages.Select(message => message.Message));
        return _seen;
    }

    private readonly List<ControlMessage> _seen = [];
}
