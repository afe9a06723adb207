using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>
/// A real agent process on a real spool in a temp folder; the test plays central and bridge. Nothing stays behind.
/// </summary>
internal sealed class AgentRig : IDisposable
{
    public const string Site = "TestSite";
    /// <summary>How long anything may take, milliseconds; more on an emulated machine.</summary>
    private static readonly int Patience = int.Parse(Environment.GetEnvironmentVariable("HPCGRID_TEST_PATIENCE") ?? "30000", CultureInfo.InvariantCulture);

    private readonly SigningKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly List<Process> _processes = [];
    private long _queues, _messages, _leases;

    public AgentRig()
    {
        Folder = Directory.CreateTempSubdirectory("hpcgrid-agent-").FullName;
        Root = SpoolRoot.Create(new PosixFs(), Path.Combine(Folder, "spool"), SpoolSharing.Private, 2, Guid.NewGuid(), RandomNonces.Next);
        Bridge = new BridgeSpool(Root, 1, RandomNonces.Next);
        Bridge.PublishKeys(new PublishedKeys(1, [_key.PublicPem], null));
    }

    public string Folder { get; }
    public SpoolRoot Root { get; }
    public BridgeSpool Bridge { get; }

    /// <summary>The only agent, once it has joined.</summary>
    public string Agent { get; private set; } = "";

    public AgentPlace Place => new(Agent);

    public static string PayloadPath => Path.Combine(TestContext.CurrentContext.TestDirectory, "hpcgrid-payload");

    public static JobSpec Job(params string[] argv) => new()
    {
        User = "tester",
        Argv = argv,
        Resources = new Resources(1, 100, 100, 60),
        Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = DotnetRoot },
    };

    public static JobSpec Shell(string script) => Job("/bin/sh", "-c", script);

    public static JobSpec Payload(params string[] words) => Job([PayloadPath, .. words]);

    /// <summary>Offers jobs in one file, with a good grant each unless told otherwise.</summary>
    public QueueName Offer(IReadOnlyCollection<JobSpec> specs, StartMode start = StartMode.Optimistic, Func<Grant, Grant>? grant = null, Gang? gang = null, params byte[][] blobs)
    {
        var name = new QueueName(++_queues, 1);
        var jobs = specs.Select((spec, i) =>
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(spec, GridJson.Default.JobSpec);
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            var permission = new Grant("vo", spec.User, _queues * 1000 + i, 1, Site, Grants.DigestOf(bytes), now, now + 3600);
            return new QueuedJob(new AttemptId(_queues * 1000 + i, 1), 0, bytes, Grants.Sign(grant?.Invoke(permission) ?? permission, _key));
        }).ToList();
        var queue = new WorkQueue(
            new WorkQueueHeader(name, 1, true, start) { Gang = gang }, jobs, blobs.ToDictionary(blob => Content.Of(blob).Sha256));
        var offered = Bridge.Offer(new PoolEntry(name, 1, 100, specs.Max(spec => spec.Resources.TtlSeconds), jobs.Count) { Gang = gang?.Number ?? 0 }, WorkQueueImage.Write(queue));
        Assert.That(offered, Is.EqualTo(Errno.None));
        return name;
    }

    /// <summary>Searched for programs before the system's folders.</summary>
    public string? Tools { get; set; }

    public Process Start(params string[] more) => StartProgram("hpcgrid-agent", more);

    /// <summary>An agent whose spool takes no writes into out/ between <see cref="Fill"/> and <see cref="MakeRoom"/>.</summary>
    public Process StartOnFullSpool(params string[] more) => StartProgram("hpcgrid-faulty-agent", more);

    /// <summary>From now on writes into out/ answer that; with <paramref name="largeOnly"/> only those of large files, behind their beginning.</summary>
    public void Fill(Errno errno, bool largeOnly = false)
    {
        if (largeOnly) File.WriteAllBytes($"{FullPath}.large", []);
        File.WriteAllBytes($"{FullPath}.{errno}", []);
    }

    public void MakeRoom()
    {
        foreach (var errno in (Errno[])[Errno.ENOSPC, Errno.EDQUOT]) File.Delete($"{FullPath}.{errno}");
        File.Delete($"{FullPath}.large");
    }

    /// <summary>Waits until the agent says that the spool is full.</summary>
    public HeartbeatMarker Full()
    {
        HeartbeatMarker? seen = null;
        Wait(() => (seen = Heartbeat) is { Full: true }, "the heartbeat says full");
        return seen!.Value;
    }

    private string FullPath => Path.Combine(Folder, "full");

    private Process StartProgram(string program, string[] more)
    {
        var info = new ProcessStartInfo(Path.Combine(TestContext.CurrentContext.TestDirectory, program))
        {
            RedirectStandardError = true,
            Environment = { ["DOTNET_ROOT"] = DotnetRoot, ["HPCGRID_TEST_FULL"] = FullPath, ["SECRET_OF_THE_AGENT"] = "s3cret", ["LC_TEST"] = "passes" },
        };
        if (Tools is not null) info.Environment["PATH"] = $"{Tools}:{Environment.GetEnvironmentVariable("PATH")}";
        string[] arguments =
        [
            "--spool", Root.Layout.Root, "--node", "node1", "--site", Site, "--work", Path.Combine(Folder, "work"),
            "--batch-id", "batch.7", .. more.Contains("--cores") ? [] : (string[])["--cores", "2"], .. more,
        ];
        foreach (var argument in arguments) info.ArgumentList.Add(argument);
        var process = Process.Start(info)!;
        var context = TestContext.Out;
        process.ErrorDataReceived += (_, line) => context.WriteLine(line.Data);
        process.BeginErrorReadLine();
        _processes.Add(process);
        Wait(() => Bridge.Agents.List().Items.Any(agent => Bridge.Agents.FindPlaces(agent).Items.Any(place => place.IsLive) && agent != Agent) || process.HasExited, "the agent joins");
        Agent = Bridge.Agents.List().Items.FirstOrDefault(agent => agent != Agent) ?? Agent;
        return process;
    }

    /// <summary>Offers one job, runs an agent until it is over, and answers its report.</summary>
    public JobReport Run(JobSpec spec, params byte[][] blobs)
    {
        var queue = Offer([spec], blobs: blobs);
        Start();
        return Final(queue).Reports.Single();
    }

    /// <summary>Waits by listing only: reading every version would cost the agent its cores.</summary>
    public WorkQueueVersion Final(QueueName queue)
    {
        Wait(() => Bridge.Agents.Observe(Place).Versions.TryGetValue(queue, out var version) && version.Final, $"the final version of {queue}");
        return Version(queue, version => version.Final);
    }

    /// <summary>Waits for a version that fulfils the condition.</summary>
    public WorkQueueVersion Version(QueueName queue, Predicate<WorkQueueVersion> condition)
    {
        WorkQueueVersion? found = null;
        Wait(() => (found = Read(queue)) is { } version && condition(version), $"a version of {queue}");
        return found!;
    }

    public JobReport Running(QueueName queue) => Version(queue, version => version.Reports.Any(report => report.Stage == ReportStage.Running)).Reports[0];

    public WorkQueueVersion? Read(QueueName queue) => Bridge.Agents.ReadVersion(Place, queue, 1).Value;

    /// <summary>An output's bytes, from the queue file or from the spool.</summary>
    public byte[] Bytes(WorkQueueVersion version, CollectedOutput output)
    {
        if (output.SpoolFile is null) return version.Blobs[output.Content.Sha256];
        Assert.That(OutputName.TryParse(output.SpoolFile, out var name));
        using var bytes = new MemoryStream();
        var copied = Bridge.Agents.CopyOutput(Place, name, bytes.Write);
        Assert.That(copied.Content, Is.EqualTo(output.Content));
        return bytes.ToArray();
    }

    public void Send(ControlMessage message) => Assert.That(Bridge.Agents.Send(Agent, ++_messages, message), Is.EqualTo(Errno.None));

    /// <summary>Has the agent look into an attempt's sandbox, as a bridge does, and answers what it says.</summary>
    public PeekAnswer Peek(AttemptId id, PeekKind what, string path = "", long offset = 0)
    {
        var order = Guid.NewGuid();
        Send(new Peek(order, id, what, path, offset));
        PeekAnswer? answer = null;
        Wait(() => Bridge.Agents.Observe(Place).Answers.Contains(new AnswerName(order))
            && Bridge.Agents.ReadAnswer(Place, new AnswerName(order), out answer) == Errno.None, "the agent answers");
        return answer!;
    }

    public void Lease() => Assert.That(Bridge.Agents.Lease(Agent, ++_leases), Is.EqualTo(Errno.None));

    public HeartbeatMarker? Heartbeat => Bridge.Agents.ListHeartbeats().Items.Where(name => name.Agent == Place.Agent)
        .Select(name => (HeartbeatMarker?)name.Marker).SingleOrDefault();

    public int ExitCode(Process process)
    {
        Assert.That(process.WaitForExit(Patience), "the agent is still there");
        return process.ExitCode;
    }

    /// <summary>Processes on this machine that descend from payloads of this rig's agents, by what they inherit or by their environment.</summary>
    public IReadOnlyList<int> PayloadProcesses() => HpcGrid.Agent.Processes.ProcessTree.OfAgent(Agent);

    public static void Wait(Func<bool> condition, string what) => Assert.That(condition, Is.True.After(Patience, 20), what);

    private static string DotnetRoot { get; } =
        Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        if (Agent.Length > 0) Wait(() => PayloadProcesses().Count == 0, "the guard ends what the agent left");
        _key.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
