using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Benchmarks;

/// <summary>A real agent on a real spool; this process plays central and bridge, and does as little as it can meanwhile.</summary>
internal sealed class AgentStand : IDisposable
{
    private const string Site = "BENCH";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10), Look = TimeSpan.FromMilliseconds(50), Lease = TimeSpan.FromSeconds(5);

    private readonly SigningKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly string _folder;
    private readonly BridgeSpool _bridge;
    private Process? _agent;
    private AgentPlace _place;
    private readonly Stopwatch _sinceLease = Stopwatch.StartNew();
    private long _queues, _messages, _jobs, _leases;

    /// <param name="folder">On a local disk; removed at the end.</param>
    /// <param name="spool">Where the spool is made; null: in the folder.</param>
    public AgentStand(string folder, string? spool = null)
    {
        _folder = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("N")[..8])).FullName;
        SpoolPath = Path.Combine(spool ?? _folder, $"spool-{Path.GetFileName(_folder)}");
        Fs = new CountingFs(new PosixFs());
        var root = SpoolRoot.Create(Fs, SpoolPath, SpoolSharing.Private, 1, Guid.NewGuid(), RandomNonces.Next);
        _bridge = new BridgeSpool(root, 1, RandomNonces.Next);
        if (_bridge.PublishKeys(new PublishedKeys(1, [_key.PublicPem], null)) is not Errno.None and var errno)
            throw new InvalidOperationException($"the keys cannot be published: {errno}");
    }

    public string SpoolPath { get; }

    /// <summary>The bridge's side of the spool.</summary>
    public CountingFs Fs { get; }

    /// <summary>The agent's process id.</summary>
    public string ProcessId => _agent!.Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>What the agent has asked of its spool, as it counts itself; written with its heartbeats and at its end.</summary>
    public string UseFile => Path.Combine(_folder, "use.json");

    /// <summary>The program under test: the published one where tools/bench made it.</summary>
    public static string Program => Environment.GetEnvironmentVariable("HPCGRID_BIN_AGENT") is { Length: > 0 } told ? told
        : throw new InvalidOperationException("start the benchmarks through tools/bench");

    /// <summary>So many jobs go before those that are measured: code is compiled, and folders are old enough not to be listed again.</summary>
    public static int WarmJobs(int jobs) => Math.Min(jobs, 4000);

    /// <summary>Starts the agent and waits until it has joined; how long that took.</summary>
    /// <param name="cores">Its slots.</param>
    /// <param name="before">Words in front of its command line.</param>
    public async Task<TimeSpan> Start(int cores, params string[] before)
    {
        string[] words = [.. before, Program, "--spool", SpoolPath, "--node", "node1", "--site", Site, "--work", Path.Combine(_folder, "work"),
            "--cores", cores.ToString(CultureInfo.InvariantCulture), "--use", UseFile, "--cgroup", "none"];
        var clock = Stopwatch.StartNew();
        _agent = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardError = true })!;
        _agent.ErrorDataReceived += (_, _) => { };
        _agent.BeginErrorReadLine();
        await Until(() => _bridge.Agents.List().Items is [var name] && _bridge.Agents.FindPlaces(name).Items.Any(place => place.IsLive), "the agent joins");
        _place = new AgentPlace(_bridge.Agents.List().Items[0]);
        return clock.Elapsed;
    }

    /// <summary>Offers jobs, as many in a file as one may have, and waits for the last final version; reports, and how long it took.</summary>
    public async Task<(IReadOnlyList<JobReport> Reports, TimeSpan Took)> Run(int jobs, params string[] argv)
    {
        var images = Enumerable.Range(0, jobs).Chunk(Spool.Limits.JobsPerQueue).Select(chunk => Queue(chunk.Length, argv)).ToList();
        var clock = Stopwatch.StartNew();
        foreach (var (entry, image) in images)
            if (_bridge.Offer(entry, image) is not Errno.None and var errno) throw new InvalidOperationException($"an offer cannot be published: {errno}");
        var (awaited, finals) = (images.Select(pair => pair.Entry.Name).ToHashSet(), new List<byte[]>());
        await Until(() => Take(finals, awaited), $"{jobs} jobs end");
        var took = clock.Elapsed;
        var reports = finals.SelectMany(image => WorkQueueImage.ReadVersion(image).Reports).ToList();
        await Until(() => _bridge.Agents.Observe(_place).Claims.Count == 0, "the agent drops what was acknowledged");
        return (reports.TrueForAll(report => report.Outcome == Outcome.Succeeded) ? reports
            : throw new InvalidOperationException($"a job failed: {reports.First(report => report.Outcome != Outcome.Succeeded).Reason}"), took);
    }

    /// <summary>
    /// Keeps final versions as they come and acknowledges them, as a bridge does: the agent holds what is not acknowledged. They are taken apart when the
    /// clock stands. True when nothing is awaited any more.
    /// </summary>
    private bool Take(List<byte[]> finals, HashSet<QueueName> awaited)
    {
        var seen = _bridge.Agents.Observe(_place);
        foreach (var name in seen.Versions.Where(version => version.Value.Final).Select(version => version.Key).Where(awaited.Contains))
        {
            byte[]? image = null;
            var version = _bridge.Agents.ReadVersion(seen, name, 1, bytes => WorkQueueImage.ReadVersion(image = bytes, _ => false)).Value;
            if (version is not { Final: true } || image is null) continue;
            finals.Add(image);
            awaited.Remove(name);
            _bridge.Agents.Send(_place.Agent, ++_messages, new Ack(name));
        }
        return awaited.Count == 0;
    }

    /// <summary>Has the agent leave.</summary>
    public async Task Stop()
    {
        _bridge.Agents.Send(_place.Agent, ++_messages, new Drain());
        await _agent!.WaitForExitAsync();
    }

    private (PoolEntry Entry, byte[] Image) Queue(int jobs, string[] argv)
    {
        var name = new QueueName(++_queues, 1);
        var spec = JsonSerializer.SerializeToUtf8Bytes(
            new JobSpec { User = "bench", Argv = argv, Resources = new Resources(1, 1, 1, 600) }, GridJson.Default.JobSpec);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var ids = Enumerable.Range(0, jobs).Select(_ => new AttemptId(++_jobs, 1)).ToList();
        var grants = Grants.SignAll(ids.Select(id => new Grant("bench", "bench", id.Job, id.Attempt, Site, Grants.DigestOf(spec), now, now + 3600)), _key);
        var queue = new WorkQueue(new WorkQueueHeader(name, 1, true, StartMode.Optimistic),
            [.. ids.Select((id, i) => new QueuedJob(id, 0, spec, grants[i]))], new Dictionary<string, byte[]>());
        return (new PoolEntry(name, 1, 1, 600, jobs), WorkQueueImage.Write(queue));
    }

    private async Task Until(Func<bool> condition, string what)
    {
        if (!await Statistics.Until(() => Renewed(what) && condition(), Patience, Look))
            throw new InvalidOperationException($"not in {Patience.TotalMinutes} minutes: {what}");
    }

    /// <summary>Without a lease an agent starts nothing.</summary>
    private bool Renewed(string what)
    {
        if (_agent!.HasExited) throw new InvalidOperationException($"the agent ended before {what}");
        if (_place.Agent is not { } agent || _sinceLease.Elapsed < Lease) return true;
        _sinceLease.Restart();
        return _bridge.Agents.Lease(agent, ++_leases) is Errno.None;
    }

    public void Dispose()
    {
        if (_agent is { HasExited: false }) _agent.Kill(entireProcessTree: true);
        _agent?.WaitForExit();
        _agent?.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
        if (Directory.Exists(SpoolPath)) Directory.Delete(SpoolPath, recursive: true);
    }
}
