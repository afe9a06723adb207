using HpcGrid.Cli.Doctor;
using HpcGrid.Cli.Local;
using HpcGrid.Core;
using HpcGrid.Spool;

namespace HpcGrid.Cli.SpoolView;

/// <summary>
/// A spool as people look at it. Ages are by the file server's clock against this machine's, for the eye alone: nothing of the protocol goes by them.
/// </summary>
internal sealed class SpoolLook(SpoolRoot root, TimeProvider time)
{
    public SpoolRoot Root => root;

    /// <summary>The spool of that directory; of bridge.yaml; or the local grid's. Throws GridError.</summary>
    public static SpoolLook Open(string? directory, string? bridge)
    {
        var path = directory is not null ? Path.GetFullPath(directory) : bridge is not null ? BridgeFile.Read(bridge).Spool : LocalHome.OfThisUser().Spool;
        if (directory is null && bridge is null && !Directory.Exists(path))
            throw GridError.Invalid("no spool is named, and there is no local grid", "Give the spool's directory, or --bridge FILE.");
        return new SpoolLook(SpoolRoot.Open(new PosixFs(), path), TimeProvider.System);
    }

    public SpoolCensus Take() => SpoolWalk.Take(root);

    public SpoolDocument Describe(SpoolCensus census)
    {
        var bound = CachingBound.Of(root.Fs, root.Layout.Root);
        var beats = census.Heartbeats();
        return new SpoolDocument(root.Layout.Root, root.Sentinel.ClusterId, root.Layout.Shards, bound.Kind, bound.Bound.TotalSeconds,
            [.. census.Of(ThingKind.Offer).Select(Offer).OfType<OfferLine>()],
            [.. census.Places().Select(place => Agent(census, place, beats)), .. census.Of(ThingKind.EnteringAgent).Select(Entering)],
            [.. census.Things.Where(IsOther).GroupBy(thing => thing.Kind).OrderBy(group => group.Key).Select(Kind)]);
    }

    public ShapeDocument Shape(SpoolCensus census) => new(root.Layout.Root, AgeClasses.Names,
    [
        .. from directory in census.Directories
           let files = census.Things.Where(thing => thing.Directory == directory.Directory).ToList()
           where directory.Entries > 0 && files.Count > 0
           select new ShapeLine(directory.Directory.Length == 0 ? "." : directory.Directory, directory.Entries, files.Sum(file => file.Bytes),
               AgeClasses.Count(files.Select(Age).OfType<TimeSpan>())),
    ]);

    private OfferLine? Offer(SpoolThing thing) => PoolEntry.TryParse(thing.Name, out var entry)
        ? new OfferLine(entry.Name.ToString(), thing.Directory, entry.Rows, entry.Cores, entry.MemoryMib, entry.TtlSeconds, entry.Counters.ToString(),
            entry.Gang == 0 ? null : entry.Gang, thing.Bytes, Age(thing)?.TotalSeconds)
        : null;

    private AgentLine Agent(SpoolCensus census, AgentPlace place, IReadOnlyDictionary<string, HeartbeatMarker> beats)
    {
        var files = census.Things.Where(thing => thing.Place == place).ToList();
        HeartbeatMarker? beat = place.IsLive && beats.TryGetValue(place.Agent, out var found) ? found : null;
        return new AgentLine(place.Agent, place.Agent.Split('.')[1], StateOf(place, beat), beat?.Number, beat?.IdleCores, beat?.Gang is > 0 and var gang
            ? gang : null,
            Count(ThingKind.Claim), Count(ThingKind.Version), Count(ThingKind.Output), Count(ThingKind.Message), files.Count, files.Sum(file => file.Bytes),
                Oldest(files));

        int Count(ThingKind kind) => files.Count(file => file.Kind == kind);
    }

    private AgentLine Entering(SpoolThing thing) => new(
        SpoolNames.TryParseNewAgent(thing.Name, out var agent) ? agent : thing.Name, agent.Split('.')[1], "entering", null, null, null, 0, 0, 0, 0, 0, 0,
            Age(thing)?.TotalSeconds);

    private static string StateOf(AgentPlace place, HeartbeatMarker? beat) => !place.IsLive ? "fenced"
        : beat is null ? "silent"
        : beat is { Left: true } ? "left"
        : beat is { Full: true } ? "full"
        : beat is { Draining: true } ? "draining"
        : beat is { Gang: > 0 } ? "kept"
        : "live";

    private static bool IsOther(SpoolThing thing) => thing.Place is null
        && thing.Kind is not (ThingKind.Offer or ThingKind.EnteringAgent or ThingKind.Heartbeat);

    private KindLine Kind(IGrouping<ThingKind, SpoolThing> things) =>
        new(things.Key.ToString().ToLowerInvariant(), things.Count(), things.Sum(thing => thing.Bytes), Oldest([.. things]));

    private double? Oldest(IReadOnlyList<SpoolThing> things) => things.Select(Age).OfType<TimeSpan>().Select(age =>
        (double?)age.TotalSeconds).DefaultIfEmpty().Max();

    private TimeSpan? Age(SpoolThing thing)
    {
        var path = Path.Combine(root.Layout.Root, thing.Path);
        try
        {
            var written = File.GetLastWriteTimeUtc(path);
            // What is gone has the year 1601.
            if (written.Year < 1970) return null;
            var age = time.GetUtcNow().UtcDateTime - written;
            return age > TimeSpan.Zero ? age : TimeSpan.Zero;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }
}
