using System.Text.Json;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Central;

/// <summary>What a bridge says to central, without the bridge.</summary>
internal sealed class TestBridge(TestCentral central, GridClient client)
{
    /// <summary>What it says it offers.</summary>
    public SiteMap Offer { get; set; } = Slots;

    public const string Site = "ORNL";

    public static SiteMap Slots { get; } = new() { Site = Site, Ce = "HPCGRID::ORNL::TITAN", Cores = 16, TtlSeconds = 86_400 };

    public GridClient Client { get; } = client;
    public Guid Ledger { get; set; } = Guid.NewGuid();

    public static async Task<TestBridge> Join(TestCentral central, string name = "titan")
    {
        var bridge = new TestBridge(central, central.Client(name));
        await bridge.Hello(name);
        return bridge;
    }

    /// <summary>Requests made, when it counts them.</summary>
    public long? Matches { get; set; }

    /// <summary>What it says that it rules.</summary>
    public SpoolEpoch Spool { get; set; } = SpoolEpoch.None;

    public Task<BridgeWelcome> Hello(string name = "titan")
    {
        var hello = new BridgeHello(name, Site, Ledger) { Spool = Spool };
        return Client.Call(Matches is { } made ? hello with { Matches = made } : hello, default);
    }

    public async Task<IReadOnlyList<Assignment>> Match(int count, Guid? request = null) =>
        (await Client.Call(new MatchJobs(request ?? Guid.NewGuid(), Offer, count) 
        {
            Number = Matches is { } made ? (Matches = made + 1).Value : 0,
            Spool = Spool,
        }, default)).Assignments;

    public async Task<IReadOnlyList<AttemptId>> Report(params JobEvent[] events) => (await Client.Call(new ReportEvents(events), default)).Fenced;

    public Task<Renewed> Renew() => Client.Call(new RenewLeases([new NodeStatus("node1", "a1", "running", 16, 1, "none")]), default);

    public static JobEvent Started(AttemptId id, int branch = 0) =>
        new(id.Job, new EventKey(id.Attempt, branch, EventSource.Agent, 1), DateTimeOffset.UnixEpoch, new Started("node1", "agent1"));

    public static JobEvent Running(AttemptId id, int branch = 0) =>
        new(id.Job, new EventKey(id.Attempt, branch, EventSource.Agent, 2), DateTimeOffset.UnixEpoch, new Running("node1", "/tmp/work"));

    public static JobEvent Requeued(AttemptId id, int branch) =>
        new(id.Job, new EventKey(id.Attempt, branch, EventSource.Bridge, 1), DateTimeOffset.UnixEpoch, new Requeued("node gone"));

    public static JobEvent Saving(AttemptId id, int branch = 0) =>
        new(id.Job, new EventKey(id.Attempt, branch, EventSource.Bridge, 2), DateTimeOffset.UnixEpoch, new Saving());

    public static JobEvent Ended(AttemptId id, JobState state, params SavedOutput[] outputs) => EndedBecause(id, state, null, outputs);

    public static JobEvent EndedBecause(AttemptId id, JobState state, string? reason, params SavedOutput[] outputs) =>
        new(id.Job, new EventKey(id.Attempt, 0, EventSource.Bridge, 3), DateTimeOffset.UnixEpoch, new Ended(state)
        {
            Reason = reason,
            Outputs = outputs,
            StdoutTail = "hello\n",
            Payload = new PayloadResult { ExitCode = state == JobState.Done ? 0 : 1, WallSeconds = 1.5, CpuSeconds = 1, MaxRssKib = 1000, Node = "node1" },
        });

    /// <summary>Everything from the start to the end in one report.</summary>
    public Task<IReadOnlyList<AttemptId>> Finish(AttemptId id, JobState state = JobState.Done) =>
        Report(Started(id), Running(id), Saving(id), Ended(id, state));

    /// <summary>Uploads an output as the bridge does.</summary>
    public Task<SavedOutput> Upload(Assignment assignment, string name, byte[] bytes, params SavedMember[] members) =>
        Upload(assignment, name, bytes, "", members);

    /// <summary>Likewise, where it is wanted.</summary>
    public async Task<SavedOutput> Upload(Assignment assignment, string name, byte[] bytes, string wish, params SavedMember[] members)
    {
        var guid = Guid.NewGuid();
        var pfn = Pfn.Of(guid);
        var stored = await central.Storage("titan").Put(central.Host.Element.UrlOf(pfn), assignment.Token, Content.Of(bytes), StorageWish.Parse(wish),
            new MemoryStream(bytes), default);
        return new SavedOutput(name, guid, Content.Of(bytes), stored.Se, pfn, members);
    }

    public static JobSpec SpecOf(Assignment assignment) => JsonSerializer.Deserialize(assignment.Spec, GridJson.Default.JobSpec)!;
}
