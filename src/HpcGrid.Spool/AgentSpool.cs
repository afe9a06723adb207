using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>What an agent sees of itself in agents/[name]/.</summary>
public enum Liveness
{
    /// <summary>`live` is listed and no fence.</summary>
    Live,
    /// <summary>A fence is listed: kill the children, publish nothing, exit (A4).</summary>
    Fenced,
    /// <summary>Neither is listed, or the listing failed: start and create nothing now; the lease decides how long to wait.</summary>
    Unknown,
}

/// <summary>
/// The agent's side of the protocol (PROTOCOL 4, A1 to A6). Every call is one small step without pauses; what it answers is what it
/// saw. Before it creates or takes anything it lists its own directory: a fenced agent sees that and changes nothing, and it never
/// makes its directories again (A4).
/// Threads: <see cref="CopyFromCache"/>, <see cref="PublishLargeOutput"/> and <see cref="CheckLive"/> touch nothing that changes here and may
/// be called by any number of threads beside the one that does all the rest (heartbeat and inbox remember what they saw).
/// </summary>
public sealed class AgentSpool
{
    private readonly ISharedFs _fs;
    private readonly SpoolLayout _layout;
    private readonly Publisher _publisher;
    private readonly AgentPlace _place;
    private readonly AgentInbox _inbox;
    private readonly HoldingsWord _holdings = new();
    /// <summary>Of this one try to enter: the directory in which it is listed is this process's own.</summary>
    private readonly string _entry;
    private string? _heartbeat;

    private AgentSpool(SpoolRoot root, AgentCard card, NonceSource nonces)
    {
        Root = root;
        Card = card;
        _fs = root.Fs;
        _layout = root.Layout;
        _publisher = new Publisher(root, nonces, null);
        _place = new AgentPlace(card.Agent);
        _inbox = new AgentInbox(_fs, _layout.In(_place));
        _entry = nonces();
    }

    public SpoolRoot Root { get; }

    public AgentCard Card { get; }

    /// <summary>Tidies up after publications that failed (<see cref="Publisher.RemoveLeft"/>).</summary>
    public void RemoveLeft() => _publisher.RemoveLeft();

    /// <summary>
    /// Enters the spool: everything is made as agents/.new.[name].[nonce]/ and renamed in, so that nobody sees half an agent. The name must
    /// be a new one. GridError when the spool is not usable; then the pilot ends and another one comes.
    /// </summary>
    public static AgentSpool Join(ISharedFs fs, string root, AgentCard card, NonceSource nonces)
    {
        if (!AgentName.IsWellFormed(card.Agent)) throw GridError.Invalid($"'{card.Agent}' is not an agent's name", "AgentName.Make makes one.");
        var spool = new AgentSpool(SpoolRoot.Open(fs, root), card, nonces);
        var errno = spool.Build();
        if (errno != Errno.None) throw errno.ToGridError($"entering the spool as {card.Agent}");
        return spool;
    }

    private Errno Build()
    {
        if (_fs.Status(_layout.Agent(Card.Agent), out _) == Errno.None) return Errno.EEXIST;
        var building = _layout.NewAgent(Card.Agent, _entry);
        var live = SpoolLayout.Join(building, SpoolNames.Live);
        string[] directories = [building, live, .. new[] { SpoolNames.Claim, SpoolNames.Out, SpoolNames.In }.Select(name => SpoolLayout.Join(live, name))];
        foreach (var directory in directories)
            if (Root.MakeDirectory(directory) is var made && made != Errno.None) return made;
        // Looked for after its rename (R2): of an agent without a card no bridge knows, and what it claims stands still.
        var errno = _publisher.Publish(live, SpoolNames.Card, SpoolDocument.Encode(Card, SpoolJson.Default.AgentCard), durable: true);
        if (errno == Errno.None) errno = _publisher.PublishMarker(building, SpoolNames.Entry(_entry));
        if (errno != Errno.None) return errno;
        var first = NameOf(new HeartbeatMarker(0, 0, Draining: false, Full: false));
        errno = _publisher.PublishMarker(_layout.HeartbeatsOf(Card.Agent), first);
        if (errno != Errno.None) return errno;
        errno = _fs.Rename(building, _layout.Agent(Card.Agent));
        _heartbeat = first;
        // The listing decides, not the return code (R1). Of two agents of one name (Z6: a copied machine) both built for themselves, one came in.
        if (CheckLive() != Liveness.Live) return errno == Errno.None ? Errno.EIO : errno;
        return Errno.None;
    }

    /// <summary>A4: looks whether this agent may still act. One listing: somebody else's directory under this agent's name is not its own.</summary>
    public Liveness CheckLive()
    {
        var names = new List<string>();
        _ = _fs.List(_layout.Agent(Card.Agent), names);
        if (names.Exists(name => SpoolNames.TryParseFenced(name, out _))) return Liveness.Fenced;
        return names.Contains(SpoolNames.Live) && names.Contains(SpoolNames.Entry(_entry)) ? Liveness.Live : Liveness.Unknown;
    }

    /// <summary>True when <see cref="CheckLive"/> says Live.</summary>
    public bool IsStillLive() => CheckLive() == Liveness.Live;

    /// <summary>
    /// A1: offers, oldest first, from the pool directories beginning at one that the caller chose, until at least <paramref name="max"/> are found or
    /// <paramref name="directories"/> listed. The caller takes a random one of <see cref="Limits.OldestOffers"/> that fit.
    /// </summary>
    public Listing<PoolEntry> ListPool(int firstShard, int max, int directories = Limits.Shards)
    {
        var entries = new List<PoolEntry>();
        var foreign = new List<string>();
        var errno = Errno.None;
        for (var i = 0; i < Math.Min(_layout.Shards, directories) && entries.Count < max; i++)
        {
            var shard = (firstShard + i) % _layout.Shards;
            var listed = DirectoryListing.Of<PoolEntry>(_fs, _layout.Shard(shard), _layout.OffersOf(shard));
            entries.AddRange(listed.Items);
            foreign.AddRange(listed.Foreign);
            if (!listed.Complete) errno = listed.Errno;
        }
        entries.Sort();
        return new Listing<PoolEntry>(errno, entries, foreign);
    }

    /// <summary>
    /// A2: tries to take an offer by rename. The answer is a hint and nothing more: what <see cref="ListClaims"/> shows is ours, now and at
    /// every later poll, whatever was answered here.
    /// </summary>
    public Errno TryClaim(PoolEntry entry) =>
        Refusal() is var refusal && refusal != Errno.None ? refusal : _fs.Rename(_layout.Offer(entry), _layout.Claim(_place, entry.Name));

    /// <summary>A2: the queue files that are ours.</summary>
    public Listing<QueueName> ListClaims() => DirectoryListing.Of<QueueName>(_fs, _layout.Claims(_place), QueueName.TryParseFile);

    /// <summary>A3: reads a claimed file.</summary>
    public ClaimReading ReadClaim(QueueName queue)
    {
        var reading = ClaimReading.Of(_fs, _layout.Claim(_place, queue), queue);
        if (reading.Errno == Errno.None) _holdings.Add(queue);
        return reading;
    }

    /// <summary>
    /// A5, A6: publishes a version. After an error take the next sequence for the retry: the failed one may have become visible.
    /// </summary>
    public Errno PublishVersion(VersionName version, byte[] image)
    {
        var errno = Refusal();
        if (errno == Errno.None) errno = _publisher.Publish(_layout.Out(_place), version.FileName, image, durable: version.Final);
        if (errno == Errno.None) _holdings.Add(version);
        return Mended(errno);
    }

    /// <summary>Unlinks versions of this file behind the newest <see cref="Limits.VersionsKept"/>.</summary>
    public Errno RemoveOldVersions(QueueName queue)
    {
        var names = new List<string>();
        var errno = _fs.List(_layout.Out(_place), names);
        var old = VersionsOf(queue, names).OrderByDescending(version => version.Sequence).Skip(Limits.VersionsKept);
        foreach (var version in old) errno = Unlink(_layout.Out(_place), version.FileName, errno);
        return errno;
    }

    /// <summary>Publishes a large output; it must be there before the version that names it.</summary>
    public CopiedContent PublishLargeOutput(OutputName name, ByteSource source)
    {
        if (Refusal() is var refusal && refusal != Errno.None) return new CopiedContent(refusal, null);
        var copied = _publisher.PublishFrom(_layout.Out(_place), name.FileName, null, source);
        return copied with { Errno = Mended(copied.Errno) };
    }

    /// <summary>
    /// B5: renames the heartbeat. When the old marker is not where it was, whatever marker of ours is listed is taken, and a new one is made
    /// only when the agent is live.
    /// </summary>
    public Errno Heartbeat(HeartbeatMarker marker)
    {
        var next = NameOf(marker);
        var errno = _heartbeat == next ? Errno.None : Beat(_heartbeat ?? "", next);
        if (!errno.IsAbsent()) return errno;
        var names = new List<string>();
        errno = _fs.List(_layout.HeartbeatsOf(Card.Agent), names);
        if (errno != Errno.None) return errno;
        _heartbeat = names.Find(name => HeartbeatName.TryParse(name, out var found) && found.Agent == Card.Agent);
        if (_heartbeat == next) return Errno.None;
        if (_heartbeat is not null) return Beat(_heartbeat, next);
        errno = Refusal();
        if (errno == Errno.None) errno = _publisher.PublishMarker(_layout.HeartbeatsOf(Card.Agent), next);
        if (errno == Errno.None) _heartbeat = next;
        return errno;
    }

    private Errno Beat(string from, string to)
    {
        var directory = _layout.HeartbeatsOf(Card.Agent);
        var errno = _fs.Rename(SpoolLayout.Join(directory, from), SpoolLayout.Join(directory, to));
        if (errno == Errno.None) _heartbeat = to;
        return errno;
    }

    private string NameOf(HeartbeatMarker marker) => new HeartbeatName(Card.Agent, marker with { Holdings = _holdings.Word }).FileName;

    /// <summary>K1: the newest lease and the messages not seen before.</summary>
    public InboxReading ReadInbox() => _inbox.Read();

    /// <summary>The highest message number handed out so far, for heartbeat and versions.</summary>
    public long AppliedMessage => _inbox.Applied;

    /// <summary>
    /// B4, after the ack: unlinks what this agent has of the queue file, the claim last: as long as it is listed, the ack is
    /// repeated. <paramref name="outputs"/> are the names of the large outputs of its jobs.
    /// </summary>
    public Errno DropQueue(QueueName queue, IEnumerable<string> outputs)
    {
        var directory = _layout.Out(_place);
        var names = new List<string>();
        var errno = _fs.List(directory, names);
        if (DropOutputs(outputs) is var dropped && dropped != Errno.None && errno == Errno.None) errno = dropped;
        foreach (var version in VersionsOf(queue, names)) errno = Unlink(directory, version.FileName, errno);
        if (errno == Errno.None) errno = Unlink(_layout.Claims(_place), queue.FileName, errno);
        if (errno == Errno.None) _holdings.Remove(queue);
        return errno;
    }

    /// <summary>B4, ahead of the file's end: unlinks large outputs that the bridge has no need of any more.</summary>
    public Errno DropOutputs(IEnumerable<string> outputs)
    {
        var errno = Errno.None;
        foreach (var output in outputs.Where(output => OutputName.TryParse(output, out _))) errno = Unlink(_layout.Out(_place), output, errno);
        return errno;
    }

    /// <summary>K2: publishes what a look showed. The caller gives each order one answer.</summary>
    public Errno PublishAnswer(PeekAnswer answer)
    {
        var (errno, name) = (Refusal(), new AnswerName(answer.Order));
        if (errno == Errno.None)
            errno = _publisher.Publish(_layout.Out(_place), name.FileName, SpoolDocument.Encode(answer, SpoolJson.Default.PeekAnswer), durable: false);
        if (errno == Errno.None) _holdings.Add(name);
        return errno;
    }

    /// <summary>K2: unlinks an answer that has served its time, read or not.</summary>
    public Errno RemoveAnswer(Guid order)
    {
        var name = new AnswerName(order);
        var errno = Unlink(_layout.Out(_place), name.FileName, Errno.None);
        if (errno == Errno.None) _holdings.Remove(name);
        return errno;
    }

    /// <summary>Copies a staged input out of the cache. The content in the answer is what really came: compare it.</summary>
    public CopiedContent CopyFromCache(string sha256, ByteSink sink) =>
        SpoolNames.IsSha256(sha256)
            ? SpoolFile.Copy(_fs, _layout.Cached(sha256), sink)
            : throw GridError.Invalid($"'{sha256}' is not a SHA-256");

    /// <summary>The newest keys of at least that sequence.</summary>
    public Latest<PublishedKeys> ReadKeys(long atLeast) => KeysBoard.Read(Root, atLeast);

    /// <summary>The agent's last words, after all its processes are gone and everything is published: the heartbeat says `.left`.</summary>
    public Errno Leave(HeartbeatMarker last) => Heartbeat(last with { Draining = true, IdleCores = 0, Left = true });

    /// <summary>
    /// Makes claim/, out/ and in/ again where they are gone: a server that crashed may have lost them (S4), and without them nothing is claimed, delivered or heard.
    /// Never `live` itself, which is what a fence takes away (A4). None: they are there.
    /// </summary>
    public Errno MakeMissingDirectories()
    {
        var errno = Refusal();
        foreach (var directory in (string[])[_layout.Claims(_place), _layout.Out(_place), _layout.In(_place)])
            if (errno == Errno.None) errno = Root.MakeDirectory(directory);
        return errno;
    }

    /// <summary>The same error, after the directory that it may speak of was made again: the next try finds it.</summary>
    private Errno Mended(Errno errno)
    {
        if (errno.IsAbsent()) _ = MakeMissingDirectories();
        return errno;
    }

    // The self-fence of A4. NotLive also when nothing at all is listed: then it is not known, and nothing may be created.
    private Errno Refusal() => IsStillLive() ? Errno.None : Errno.NotLive;

    private Errno Unlink(string directory, string name, Errno before)
    {
        var errno = _fs.Unlink(SpoolLayout.Join(directory, name));
        return before != Errno.None || errno.IsAbsent() ? before : errno;
    }

    private static IEnumerable<VersionName> VersionsOf(QueueName queue, List<string> names)
    {
        foreach (var name in names)
            if (VersionName.TryParse(name, out var version) && version.Queue == queue) yield return version;
    }
}
