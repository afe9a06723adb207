namespace HpcGrid.Spool;

/// <summary>
/// The bridge's side of the protocol (PROTOCOL 4, B1 to F5): offers, keys and the canary here; agents, cache and clean-up in rooms
/// of their own. Every call is one small step without pauses. The truth is the bridge's ledger; what is read here is news.
/// </summary>
public sealed class BridgeSpool
{
    private readonly ISharedFs _fs;
    private readonly SpoolLayout _layout;
    private readonly Publisher _publisher;
    private string? _canary;

    /// <param name="root">The spool.</param>
    /// <param name="epoch">This bridge's generation, from <see cref="BridgeEpoch"/>.</param>
    /// <param name="nonces">For temporary and quarantine names.</param>
    public BridgeSpool(SpoolRoot root, long epoch, NonceSource nonces)
    {
        Root = root;
        Epoch = epoch;
        _fs = root.Fs;
        _layout = root.Layout;
        _publisher = new Publisher(root, nonces, epoch);
        Agents = new BridgeAgents(root, epoch, _publisher);
        Cache = new SpoolCache(root, epoch, _publisher);
        Sweep = new SpoolSweep(root, epoch, nonces);
    }

    public SpoolRoot Root { get; }

    public long Epoch { get; }

    /// <summary>What agents do, and what they are told.</summary>
    public BridgeAgents Agents { get; }

    /// <summary>The stage-in cache.</summary>
    public SpoolCache Cache { get; }

    /// <summary>Quarantine and removal.</summary>
    public SpoolSweep Sweep { get; }

    /// <summary>
    /// B2: publishes an offer, after the ledger has it (B1). After an error list pool and claims: when it is seen there it is offered, otherwise
    /// offer the next generation; the same (id, generation) never a second time once it may have been seen.
    /// </summary>
    public Errno Offer(PoolEntry entry, byte[] image) => _publisher.Publish(_layout.ShardOf(entry.Name), entry.FileName, image, durable: true);

    /// <summary>Tidies up after publications that failed (<see cref="Publisher.RemoveLeft"/>).</summary>
    public void RemoveLeft() => _publisher.RemoveLeft();

    /// <summary>Every offer that nobody has claimed, oldest first. One listing per pool directory.</summary>
    public Listing<PoolEntry> ListPool()
    {
        var entries = new List<PoolEntry>();
        var foreign = new List<string>();
        var errno = Errno.None;
        for (var shard = 0; shard < _layout.Shards; shard++)
        {
            var listed = DirectoryListing.Of<PoolEntry>(_fs, _layout.Shard(shard), _layout.OffersOf(shard));
            entries.AddRange(listed.Items);
            foreign.AddRange(listed.Foreign);
            if (!listed.Complete) errno = listed.Errno;
        }
        entries.Sort();
        return new Listing<PoolEntry>(errno, entries, foreign);
    }

    /// <summary>
    /// Takes an offer back by claiming it ourselves: rename has one winner, so what <see cref="ListWithdrawn"/> shows no agent has or
    /// will have. The answer is a hint.
    /// </summary>
    public Errno Withdraw(PoolEntry entry) => _fs.Rename(_layout.Offer(entry), SpoolLayout.Join(_layout.Withdrawn, entry.Name.FileName));

    /// <summary>Offers taken back: their jobs are free for another generation.</summary>
    public Listing<QueueName> ListWithdrawn() => DirectoryListing.Of<QueueName>(_fs, _layout.Withdrawn, QueueName.TryParseFile);

    /// <summary>Unlinks a withdrawn offer, after the ledger knows.</summary>
    public Errno ForgetWithdrawn(QueueName queue) => _fs.Unlink(SpoolLayout.Join(_layout.Withdrawn, queue.FileName));

    /// <summary>Publishes new keys under a higher sequence and removes old ones.</summary>
    public Errno PublishKeys(PublishedKeys keys) => KeysBoard.Publish(Root, _publisher, keys);

    /// <summary>The newest keys in the spool.</summary>
    public Latest<PublishedKeys> ReadKeys() => KeysBoard.Read(Root, 0);

    /// <summary>One harmless operation on the server, for the caller to time (freeze rule, PROTOCOL 6).</summary>
    public Errno Canary(long number)
    {
        var name = SpoolNames.Canary(number);
        var errno = _canary is null ? Errno.ENOENT : _fs.Rename(SpoolLayout.Join(_layout.Bridge, _canary), SpoolLayout.Join(_layout.Bridge, name));
        if (errno.IsAbsent()) errno = _publisher.PublishMarker(_layout.Bridge, name);
        if (errno == Errno.None) _canary = name;
        return errno;
    }

    /// <summary>How many bytes can still be written.</summary>
    public Errno FreeSpace(out long bytes)
    {
        var errno = _fs.FileSystem(_layout.Root, out var status);
        bytes = status.FreeBytes;
        return errno;
    }
}
