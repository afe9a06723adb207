namespace HpcGrid.Spool;

/// <summary>
/// Where everything lies (PROTOCOL 3). The only file that joins paths; names come checked from the name types, so that nothing a
/// stranger wrote becomes part of a path.
/// </summary>
/// <param name="Root">Absolute, without a trailing '/'.</param>
/// <param name="Shards">Number of directories that pool and heartbeats are divided into, 1 to <see cref="Limits.Shards"/>.</param>
public sealed record SpoolLayout(string Root, int Shards)
{
    public string Sentinel => Join(Root, SpoolNames.Sentinel);
    public string Keys => Join(Root, SpoolNames.Keys);
    public string Bridge => Join(Root, SpoolNames.Bridge);
    public string Withdrawn => Join(Bridge, SpoolNames.Withdrawn);
    public string Pool => Join(Root, SpoolNames.Pool);
    public string Cache => Join(Root, SpoolNames.Cache);
    public string Agents => Join(Root, SpoolNames.Agents);
    public string Heartbeats => Join(Root, SpoolNames.Heartbeats);
    public string Corrupt => Join(Root, SpoolNames.Corrupt);

    /// <summary>The directories that a spool has from its beginning, parents first.</summary>
    public IEnumerable<string> Directories =>
        [Keys, Bridge, Withdrawn, Pool, .. Enumerable.Range(0, Shards).Select(Shard), Cache, Agents, Heartbeats, .. HeartbeatShards, Corrupt];

    /// <summary>
    /// True for a spool of very many agents. There the bridge looks only at agents whose heartbeat tells of a change, and an agent beats soon after one;
    /// otherwise it looks at all of them every time (PROTOCOL 5).
    /// </summary>
    public bool IsSharded => Shards > 1;

    /// <summary>All directories with heartbeats.</summary>
    public IEnumerable<string> HeartbeatShards => Enumerable.Range(0, Shards).Select(HeartbeatShard);

    public string Shard(int number) => Join(Pool, SpoolNames.Shard(number));

    /// <summary>The directory with this agent's heartbeat.</summary>
    public string HeartbeatsOf(string agent) => HeartbeatShard((int)(Hash(agent) % (uint)Shards));

    /// <summary>The pool directory that a queue file belongs to.</summary>
    public string ShardOf(QueueName queue) => Shard((int)(queue.Id % Shards));

    /// <summary>Reads the names in a pool directory. What lies in another one than its own nobody could claim or take back: it is foreign.</summary>
    internal NameParser<PoolEntry> OffersOf(int shard) =>
        (string name, out PoolEntry entry) => PoolEntry.TryParse(name, out entry) && entry.Name.Id % Shards == shard;

    public string Offer(PoolEntry entry) => Join(ShardOf(entry.Name), entry.FileName);

    public string CacheDirectory(string sha256) => Join(Cache, sha256[..2]);

    /// <summary>The cached file; the caller has checked the name with <see cref="SpoolNames.IsSha256"/>.</summary>
    public string Cached(string sha256) => Join(CacheDirectory(sha256), sha256);

    public string Agent(string agent) => Join(Agents, agent);

    public string NewAgent(string agent, string entry) => Join(Agents, SpoolNames.NewAgent(agent, entry));

    public string Place(AgentPlace place) => Join(Agent(place.Agent), place.DirectoryName);

    public string Claims(AgentPlace place) => Join(Place(place), SpoolNames.Claim);

    public string Claim(AgentPlace place, QueueName queue) => Join(Claims(place), queue.FileName);

    public string Out(AgentPlace place) => Join(Place(place), SpoolNames.Out);

    public string In(AgentPlace place) => Join(Place(place), SpoolNames.In);

    private string HeartbeatShard(int number) => Join(Heartbeats, SpoolNames.Shard(number));

    // FNV-1a: every process must find the same directory, and string.GetHashCode differs from one to the next.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text) hash = unchecked((hash ^ c) * 16777619u);
        return hash;
    }

    /// <summary>A file in a directory of this layout.</summary>
    public static string Join(string directory, string name) => directory == "/" ? "/" + name : directory + "/" + name;

    /// <summary>The directory above; the root's is itself.</summary>
    public static string ParentOf(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }
}
