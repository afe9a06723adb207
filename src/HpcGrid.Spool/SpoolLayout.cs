namespace HpcGrid.Spool;

/// <summary>
/// Where everything lies (PROTOCOL 3). The only file that joins paths; names come checked from the name types, so that nothing a
/// stranger wrote becomes part of a path.
/// </summary>
/// <param name="Root">Absolute, without a trailing '/'.</param>
/// <param name="Shards">Number of pool directories, 1 to <see cref="Limits.PoolShards"/>.</param>
public sealed record SpoolLayout(string Root, int Shards)
{
    public string Sentinel => Join(Root, SpoolNames.Sentinel);
    public string Keys => Join(Root, SpoolNames.Keys);
    public string Bridge => Join(Root, SpoolNames.Bridge);
    public string Withdrawn => Join(Bridge, SpoolNames.Withdrawn);
    public string Pool => Join(Root, SpoolNames.Pool);
    public string Cache => Join(Root, SpoolNames.Cache);
    public string Agents => Join(Root, SpoolNames.Agents);
    public string Corrupt => Join(Root, SpoolNames.Corrupt);

    /// <summary>The directories that a spool has from its beginning, parents first.</summary>
    public IEnumerable<string> Directories =>
        [Keys, Bridge, Withdrawn, Pool, .. Enumerable.Range(0, Shards).Select(Shard), Cache, Agents, Corrupt];

    public string Shard(int number) => Join(Pool, SpoolNames.Shard(number));

    /// <summary>The pool directory that a queue file belongs to.</summary>
    public string ShardOf(QueueName queue) => Shard((int)(queue.Id % Shards));

    public string Offer(PoolEntry entry) => Join(ShardOf(entry.Name), entry.FileName);

    public string CacheDirectory(string sha256) => Join(Cache, sha256[..2]);

    /// <summary>The cached file; the caller has checked the name with <see cref="SpoolNames.IsSha256"/>.</summary>
    public string Cached(string sha256) => Join(CacheDirectory(sha256), sha256);

    public string Agent(string agent) => Join(Agents, agent);

    public string NewAgent(string agent) => Join(Agents, SpoolNames.NewAgent(agent));

    public string Place(AgentPlace place) => Join(Agent(place.Agent), place.DirectoryName);

    public string Claims(AgentPlace place) => Join(Place(place), SpoolNames.Claim);

    public string Claim(AgentPlace place, QueueName queue) => Join(Claims(place), queue.FileName);

    public string Out(AgentPlace place) => Join(Place(place), SpoolNames.Out);

    public string In(AgentPlace place) => Join(Place(place), SpoolNames.In);

    /// <summary>A file in a directory of this layout.</summary>
    public static string Join(string directory, string name) => directory == "/" ? "/" + name : directory + "/" + name;

    /// <summary>The directory above; the root's is itself.</summary>
    public static string ParentOf(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }
}
