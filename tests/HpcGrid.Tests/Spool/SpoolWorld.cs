using System.Globalization;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>A real spool in a temporary folder, with the parties that a test needs. Nonces count, so that every run is the same.</summary>
internal sealed class SpoolWorld : IDisposable
{
    private int _nonce;

    public SpoolWorld(int shards = 2, SpoolSharing sharing = SpoolSharing.Private)
    {
        Folder = Directory.CreateTempSubdirectory("hpcgrid-spool-").FullName;
        SpoolPath = Path.Combine(Folder, "spool");
        Root = SpoolRoot.Create(Fs, SpoolPath, sharing, shards, Guid.Parse("9e5b0f0a-6a0a-4a5e-9a57-3b1f3b0a0001"), Nonce);
    }

    public string Folder { get; }
    public string SpoolPath { get; }
    public PosixFs Fs { get; } = new();
    public SpoolRoot Root { get; }

    public string Nonce() => "n" + Interlocked.Increment(ref _nonce).ToString(CultureInfo.InvariantCulture);

    public BridgeSpool Bridge(long epoch = 1, ISharedFs? fs = null) => new(fs is null ? Root : SpoolRoot.Open(fs, SpoolPath), epoch, Nonce);

    public AgentSpool Agent(string node = "node1", ISharedFs? fs = null) =>
        AgentSpool.Join(fs ?? Fs, SpoolPath, Card(node), Nonce);

    public AgentCard Card(string node) =>
        new(AgentName.Make("4711", node, Nonce()), node, "pilot1", "4711", 4, 8000, 1000, "none", DateTimeOffset.UnixEpoch.AddDays(1), 42);

    public static PoolEntry Entry(long id, int generation = 1) => new(new QueueName(id, generation), 1, 2000, 3600, 2);

    public static WorkQueueHeader Header(long id, int generation = 1) => new(new QueueName(id, generation), 1, true, StartMode.Optimistic);

    public static WorkQueue Queue(long id, int jobs = 2, int generation = 1) => new(
        Header(id, generation),
        [.. Enumerable.Range(1, jobs).Select(n => new QueuedJob(new AttemptId(n, 1), 0, "{\"user\":\"jdoe\"}"u8.ToArray(), "grant" + n))],
        new Dictionary<string, byte[]>());

    public static WorkQueueVersion Version(string agent, long id, long sequence, bool final = false, int reports = 1) => new(
        Header(id), sequence, final, agent, 0,
        [.. Enumerable.Range(1, reports).Select(n => new JobReport { Job = n, Attempt = 1, Branch = 0, Stage = ReportStage.Running, Agent = agent })],
        new Dictionary<string, byte[]>());

    public PoolEntry Offer(long id, int generation = 1)
    {
        var entry = Entry(id, generation);
        Assert.That(Bridge().Offer(entry, WorkQueueImage.Write(Queue(id, 2, generation))), Is.EqualTo(Errno.None));
        return entry;
    }

    /// <summary>What the bridge reads of this agent's heartbeat.</summary>
    public HeartbeatMarker? Heartbeat(AgentSpool agent) =>
        Bridge().Agents.ListHeartbeats().Items.Where(name => name.Agent == agent.Card.Agent).Select(name => (HeartbeatMarker?)(name.Marker with { Holdings = 0 })).SingleOrDefault();

    /// <summary>The files of heartbeats.</summary>
    public string[] HeartbeatFiles() => Directory.GetFiles(Path.Combine(SpoolPath, "hb"), "*", SearchOption.AllDirectories);

    public string LivePath(string agent) => Path.Combine(SpoolPath, "agents", agent, "live");

    /// <summary>Every file and directory of the spool by name, to see that nothing changed.</summary>
    public IReadOnlyList<string> Everything() => [.. Directory.EnumerateFileSystemEntries(SpoolPath, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> Temporaries() => [.. Everything().Where(path => Path.GetFileName(path).StartsWith(".t.", StringComparison.Ordinal))];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
