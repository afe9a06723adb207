namespace HpcGrid.Spool;

/// <summary>
/// Lists a spool from one end to the other, for people: reads names and sizes, changes nothing, opens nothing, so it may run on a living spool. Costs one
/// listing for each directory and one lstat for each file.
/// </summary>
/// <param name="root">The spool.</param>
public sealed class SpoolWalk(SpoolRoot root)
{
    private delegate ThingKind Namer(string name);

    private readonly List<SpoolThing> _things = [];
    private readonly List<(string, int)> _directories = [];
    private readonly List<(string, Errno)> _unread = [];

    /// <summary>Walks once; a walk belongs to one call.</summary>
    public static SpoolCensus Take(SpoolRoot root)
    {
        var walk = new SpoolWalk(root);
        walk.Run();
        return new SpoolCensus(walk._things, walk._directories, walk._unread);
    }

    private void Run()
    {
        string[] rooms = [SpoolNames.Keys, SpoolNames.Bridge, SpoolNames.Pool, SpoolNames.Cache, SpoolNames.Agents, SpoolNames.Heartbeats, SpoolNames.Corrupt];
        Files("", name => name == SpoolNames.Sentinel ? ThingKind.Sentinel : ThingKind.Foreign, rooms);
        Files(SpoolNames.Keys, name => SpoolNames.TryParseKeysFile(name, out _) ? ThingKind.Keys : ThingKind.Foreign);
        Files(SpoolNames.Bridge, BridgeFile, [SpoolNames.Withdrawn]);
        Files($"{SpoolNames.Bridge}/{SpoolNames.Withdrawn}", name => QueueName.TryParseFile(name, out _) ? ThingKind.Withdrawn : ThingKind.Foreign);
        string[] shards = [.. Enumerable.Range(0, root.Layout.Shards).Select(SpoolNames.Shard)];
        Files(SpoolNames.Pool, _ => ThingKind.Foreign, shards);
        Files(SpoolNames.Heartbeats, _ => ThingKind.Foreign, shards);
        foreach (var shard in shards)
        {
            Files($"{SpoolNames.Pool}/{shard}", name => PoolEntry.TryParse(name, out _) ? ThingKind.Offer : ThingKind.Foreign);
            Files($"{SpoolNames.Heartbeats}/{shard}", name => HeartbeatName.TryParse(name, out _) ? ThingKind.Heartbeat : ThingKind.Foreign);
        }
        foreach (var prefix in Files(SpoolNames.Cache, _ => ThingKind.Foreign, IsCachePrefix))
            Files($"{SpoolNames.Cache}/{prefix}", name => SpoolNames.IsSha256(name) && name.StartsWith(prefix, StringComparison.Ordinal)
                ? ThingKind.Cached : ThingKind.Foreign);
        Files(SpoolNames.Corrupt, _ => ThingKind.Quarantined);
        foreach (var agent in Files(SpoolNames.Agents, name => SpoolNames.TryParseNewAgent(name, out _) ? ThingKind.EnteringAgent : ThingKind.Foreign,
            AgentName.IsWellFormed))
            Agent(agent);
    }

    private void Agent(string agent)
    {
        var home = $"{SpoolNames.Agents}/{agent}";
        foreach (var name in Files(home, HomeFile, name => name == SpoolNames.Live || SpoolNames.TryParseFenced(name, out _)))
        {
            var place = new AgentPlace(agent, SpoolNames.TryParseFenced(name, out var epoch) ? epoch : null);
            var folder = $"{home}/{name}";
            string[] rooms = [SpoolNames.Claim, SpoolNames.Out, SpoolNames.In];
            Files(folder, file => file == SpoolNames.Card ? ThingKind.Card : ThingKind.Foreign, rooms.Contains, place);
            Files($"{folder}/{SpoolNames.Claim}", file => QueueName.TryParseFile(file, out _) ? ThingKind.Claim : ThingKind.Foreign, _ => false, place);
            Files($"{folder}/{SpoolNames.Out}", OutFile, _ => false, place);
            Files($"{folder}/{SpoolNames.In}", InFile, _ => false, place);
        }
    }

    private static ThingKind BridgeFile(string name) =>
        EpochName.TryParse(name, out _) ? ThingKind.Epoch : SpoolNames.TryParseCanary(name, out _) ? ThingKind.Canary : ThingKind.Foreign;

    private static ThingKind HomeFile(string name) => SpoolNames.TryParseEntry(name, out _) ? ThingKind.Entry : ThingKind.Foreign;

    private static ThingKind OutFile(string name) => VersionName.TryParse(name, out _) ? ThingKind.Version
        : OutputName.TryParse(name, out _) ? ThingKind.Output
        : AnswerName.TryParse(name, out _) ? ThingKind.Answer
        : ThingKind.Foreign;

    private static ThingKind InFile(string name) => LeaseName.TryParse(name, out _) ? ThingKind.Lease
        : MessageName.TryParse(name, out _) ? ThingKind.Message
        : ThingKind.Foreign;

    private static bool IsCachePrefix(string name) => name.Length == 2 && name.All(char.IsAsciiHexDigitLower);

    private void Files(string directory, Namer kindOf, string[] rooms) => Files(directory, kindOf, rooms.Contains);

    private void Files(string directory, Namer kindOf) => Files(directory, kindOf, _ => false);

    /// <summary>Notes the files of a directory; answers the directories in it that belong there.</summary>
    private List<string> Files(string directory, Namer kindOf, Func<string, bool> isRoom, AgentPlace? place = null)
    {
        var names = new List<string>();
        var full = directory.Length == 0 ? root.Layout.Root : SpoolLayout.Join(root.Layout.Root, directory);
        var errno = root.Fs.List(full, names);
        // An agent may have left between two listings.
        if (errno.IsAbsent() && place is not null) return [];
        if (errno != Errno.None) _unread.Add((directory, errno));
        _directories.Add((directory, names.Count));
        var rooms = new List<string>();
        foreach (var name in names.Distinct().Order(StringComparer.Ordinal))
        {
            if (root.Fs.Status(SpoolLayout.Join(full, name), out var status) != Errno.None) continue;
            if (isRoom(name) && status.Kind == FileKind.Directory) rooms.Add(name);
            else _things.Add(new SpoolThing(KindOf(name, status.Kind, kindOf), directory, name, status.Kind == FileKind.Regular ? status.Size : 0, place));
        }
        return rooms;
    }

    /// <summary>What is no regular file is never ours, whatever its name (G4); an entering agent is a directory.</summary>
    private static ThingKind KindOf(string name, FileKind file, Namer kindOf) =>
        kindOf(name) is ThingKind.EnteringAgent && file == FileKind.Directory ? ThingKind.EnteringAgent
        : file != FileKind.Regular ? ThingKind.Foreign
        : SpoolNames.IsTemporary(name) ? ThingKind.Temporary
        : kindOf(name);
}
