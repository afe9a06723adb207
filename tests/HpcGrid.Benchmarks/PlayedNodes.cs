using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Many agents in the hands of a benchmark: the real protocol on the real spool, payloads that only take their time on a played clock. An agent takes a queue
/// file when it has nothing more to begin, tells of it when it begins and each time all of its slots have ended, and ends it with a final version.
/// </summary>
internal sealed class PlayedNodes : IDisposable
{
    private const int OffersSeen = 4000;
    private static readonly TimeSpan BeatPause = TimeSpan.FromSeconds(10), PollPause = TimeSpan.FromSeconds(2);
    private readonly List<Node> _nodes;
    private readonly WorkQueueImage _image;
    private readonly TimeSpan _jobTime;
    private readonly int _slots;

    public PlayedNodes(string spool, string scratch, IReadOnlyList<string> pilots, int slots, TimeSpan jobTime)
    {
        (_image, _slots, _jobTime) = (new WorkQueueImage(Directory.CreateDirectory(scratch).FullName), slots, jobTime);
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
            if (node.Spool.TryClaim(entry) != Errno.None || node.Spool.ReadClaim(entry.Name, _image).Queue is not { } queue) continue;
            (node.Running, node.Begun, node.Sequence) = (queue, 0, 0);
            BeginRound(node, now);
            return;
        }
    }

    private void BeginRound(Node node, TimeSpan now)
    {
        var queue = node.Running!;
        var ended = node.Begun;
        (node.RoundFirst, node.Begun) = (ended, Math.Min(queue.Jobs.Count, ended + _slots));
        node.RoundEnds = now + _jobTime;
        Publish(node, queue, ended, final: false);
    }

    private void EndRound(Node node, TimeSpan now)
    {
        var queue = node.Running!;
        Ended += node.Begun - node.RoundFirst;
        if (node.Begun < queue.Jobs.Count)
        {
            BeginRound(node, now);
            return;
        }
        Publish(node, queue, queue.Jobs.Count, final: true);
        (node.Running, node.NextPoll) = (null, now);
        node.Finished.Add(queue);
        QueueFiles++;
    }

    private void Publish(Node node, WorkQueue queue, int ended, bool final)
    {
        var reports = queue.Jobs.Take(node.Begun).Select((job, number) => Report(node, job, number < ended));
        var sequence = ++node.Sequence;
        var version = new WorkQueueVersion(queue.Header, sequence, final, node.Spool.Card.Agent, node.Spool.AppliedMessage, [.. reports], new Dictionary<string, byte[]>());
        var errno = node.Spool.PublishVersion(new VersionName(queue.Header.Name, sequence, final), _image.Write(version));
        if (errno != Errno.None) throw new InvalidOperationException($"a played agent cannot publish: {errno}");
        node.Spool.RemoveOldVersions(queue.Header.Name);
        node.HasNews = true;
        node.Changes++;
    }

    private static JobReport Report(Node node, QueuedJob job, bool ended) => new()
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
            if (node.Finished.RemoveAll(queue => queue.Header.Name == message.Queue) > 0) node.Spool.DropQueue(message.Queue, []);
        }
        node.Spool.Heartbeat(new HeartbeatMarker(++node.Beats, node.Running is null ? node.Spool.Card.Cores : 0, false, false)
        {
            Applied = node.Spool.AppliedMessage, Changes = node.Changes, Lease = inbox.Lease?.Number ?? 0,
        });
        (node.HasNews, node.LastBeat) = (false, now);
    }

    public void Dispose() => _image.Dispose();

    private sealed class Node(AgentSpool spool, TimeSpan firstPoll)
    {
        public AgentSpool Spool { get; } = spool;
        public TimeSpan NextPoll { get; set; } = firstPoll;
        public TimeSpan LastBeat { get; set; } = -BeatPause;
        public TimeSpan RoundEnds { get; set; }
        public WorkQueue? Running { get; set; }
        public List<WorkQueue> Finished { get; } = [];
        public int RoundFirst { get; set; }
        public int Begun { get; set; }
        public long Sequence { get; set; }
        public long Beats { get; set; }
        public long Changes { get; set; }
        public bool HasNews { get; set; }
    }
}
