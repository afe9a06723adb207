using HpcGrid.Agent;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Many agents in the hands of a benchmark: the real protocol on the real spool, payloads that only take their time on a played clock. An agent takes a queue
/// file when it has nothing more to begin, tells of it when the real agent's rule says so and all of its slots have ended, and ends it with a final version.
/// </summary>
internal sealed class PlayedNodes
{
    private const int OffersSeen = 4000;
    private const double GoldenRatio = 0.618;
    private static readonly TimeSpan BeatPause = TimeSpan.FromSeconds(10), PollPause = TimeSpan.FromSeconds(2);
    private readonly List<Node> _nodes;
    private readonly SpoolTiming _timing = AgentRules.TimingFor(TimeSpan.FromSeconds(2), 1);
    private readonly TimeSpan _jobTime;
    private double _spread;
    private readonly int _slots;

    public PlayedNodes(string spool, IReadOnlyList<string> pilots, int slots, TimeSpan jobTime)
    {
        (_slots, _jobTime) = (slots, jobTime);
        _nodes = [.. pilots.Select((pilot, number) =>
        {
            var name = $"node{number}";
            var card = new AgentCard(AgentName.Make("b-" + pilot, name, RandomNonces.Next()), name, pilot, "b-" + pilot, slots, slots * 2048L, slots * 10_240L, "none", null, 1);
            return new Node(AgentSpool.Join(new PosixFs(), spool, card, RandomNonces.Next), TimeSpan.FromTicks(PollPause.Ticks * number / pilots.Count));
        })];
    }

    public long Ended { get; private set; }
    public long QueueFiles { get; private set; }

    /// <summary>What all of them do until this moment of the played clock.</summary>
    public void Until(TimeSpan now)
    {
        Queue<PoolEntry>? pool = null;
        foreach (var node in _nodes)
        {
            if (node.Running is not null && node.RoundEnds <= now) EndRound(node, now);
            if (node.NextPoll > now) continue;
            node.NextPoll = now + PollPause;
            // One of them looks for all: what the others would see is the same, and nobody measures them.
            if (node.Running is null) Claim(node, pool ??= new Queue<PoolEntry>(node.Spool.ListPool(0, OffersSeen).Items), now);
            if (node.HasNews || now - node.LastBeat >= BeatPause) Beat(node, now);
        }
    }

    private void Claim(Node node, Queue<PoolEntry> pool, TimeSpan now)
    {
        while (pool.TryDequeue(out var entry))
        {
            if (node.Spool.TryClaim(entry) != Errno.None || node.Spool.ReadClaim(entry.Name).Queue is not { } queue) continue;
            // Specifications and grants are not kept: half a million of them would be all of this process's memory.
            var jobs = queue.Jobs.Select(job => (job.Id, job.Branch)).ToArray();
            (node.Running, node.Begun, node.Sequence) = (new Held(queue.Header, jobs, now), 0, 0);
            node.JobTime = _jobTime;
            // As in a production that has run for long: agents are in the midst of their files, each somewhere else.
            if (!node.IsSpread && jobs.Length >= Agent.Limits.BulkJobs) (node.IsSpread, node.JobTime) = (true, _jobTime * (_spread = (_spread + GoldenRatio) % 1));
            (node.HasNews, node.PublishedAt, node.Bytes) = (true, null, 0);
            node.Changes++;
            BeginRound(node, now);
            return;
        }
    }

    private void BeginRound(Node node, TimeSpan now)
    {
        var queue = node.Running!;
        var ended = node.Begun;
        (node.RoundFirst, node.Begun) = (ended, Math.Min(queue.Jobs.Length, ended + _slots));
        node.RoundEnds = now + node.JobTime;
        var facts = new PublishFacts(true, now, node.PublishedAt, false, TimeSpan.Zero, node.Bytes)
        {
            Jobs = queue.Jobs.Length, JobSeconds = _jobTime.TotalSeconds, ClaimedAt = queue.ClaimedAt,
        };
        if (AgentRules.PublishDue(facts, _timing) <= now + Agent.Limits.PublishSettles) Publish(node, queue, ended, now, final: false);
    }

    private void EndRound(Node node, TimeSpan now)
    {
        var queue = node.Running!;
        Ended += node.Begun - node.RoundFirst;
        if (node.Begun < queue.Jobs.Length)
        {
            BeginRound(node, now);
            return;
        }
        Publish(node, queue, queue.Jobs.Length, now, final: true);
        (node.Running, node.NextPoll) = (null, now);
        node.Finished.Add(queue.Header.Name);
        QueueFiles++;
    }

    private void Publish(Node node, Held queue, int ended, TimeSpan now, bool final)
    {
        var reports = queue.Jobs.Take(node.Begun).Select((job, number) => Report(node, job, number < ended));
        var sequence = ++node.Sequence;
        var version = new WorkQueueVersion(queue.Header, sequence, final, node.Spool.Card.Agent, node.Spool.AppliedMessage, [.. reports], new Dictionary<string, byte[]>());
        var image = WorkQueueImage.Write(version);
        var errno = node.Spool.PublishVersion(new VersionName(queue.Header.Name, sequence, final), image);
        (node.PublishedAt, node.Bytes) = (now, image.Length);
        if (errno != Errno.None) throw new InvalidOperationException($"a played agent cannot publish: {errno}");
        if (sequence > Spool.Limits.VersionsKept) node.Spool.RemoveOldVersions(queue.Header.Name);
        node.HasNews = true;
        node.Changes++;
    }

    private static JobReport Report(Node node, (AttemptId Id, int Branch) job, bool ended) => new()
    {
        Job = job.Id.Job, Attempt = job.Id.Attempt, Branch = job.Branch, Node = node.Spool.Card.Node, Agent = node.Spool.Card.Agent,
        Stage = ended ? ReportStage.Ended : ReportStage.Running, Outcome = ended ? Outcome.Succeeded : null,
        StartedAt = DateTimeOffset.UnixEpoch, RunningAt = DateTimeOffset.UnixEpoch, EndedAt = ended ? DateTimeOffset.UnixEpoch : null,
        Payload = ended ? new PayloadResult { ExitCode = 0, WallSeconds = 12, CpuSeconds = 11, Node = node.Spool.Card.Node } : null,
        StdoutTail = ended ? "the event loop has ended\n" : "",
    };

    private static void Beat(Node node, TimeSpan now)
    {
        var inbox = node.Spool.ReadInbox();
        foreach (var message in inbox.Messages.Select(message => message.Message).OfType<Ack>())
        {
            if (node.Finished.Remove(message.Queue)) node.Spool.DropQueue(message.Queue, []);
            node.Changes++;
        }
        node.Spool.Heartbeat(new HeartbeatMarker(++node.Beats, node.Running is null ? node.Spool.Card.Cores : 0, false, false)
        {
            Applied = node.Spool.AppliedMessage, Changes = node.Changes, Lease = inbox.Lease?.Number ?? 0,
        });
        (node.HasNews, node.LastBeat) = (false, now);
    }

    private sealed record Held(WorkQueueHeader Header, (AttemptId Id, int Branch)[] Jobs, TimeSpan ClaimedAt);

    private sealed class Node(AgentSpool spool, TimeSpan firstPoll)
    {
        public AgentSpool Spool { get; } = spool;
        public TimeSpan NextPoll { get; set; } = firstPoll;
        public TimeSpan LastBeat { get; set; } = -BeatPause;
        public TimeSpan RoundEnds { get; set; }
        public TimeSpan JobTime { get; set; }
        public bool IsSpread { get; set; }
        public Held? Running { get; set; }
        public TimeSpan? PublishedAt { get; set; }
        public int Bytes { get; set; }
        public List<QueueName> Finished { get; } = [];
        public int RoundFirst { get; set; }
        public int Begun { get; set; }
        public long Sequence { get; set; }
        public long Beats { get; set; }
        public long Changes { get; set; }
        public bool HasNews { get; set; }
    }
}
