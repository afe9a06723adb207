namespace HpcGrid.Spool;

/// <summary>What a name in a spool stands for.</summary>
public enum ThingKind
{
    Sentinel, Keys, Epoch, Canary, Withdrawn, Offer, Heartbeat, Cached, Quarantined, EnteringAgent, Entry, Card, Claim, Version, Output, Answer, Lease, Message,
    /// <summary>A file that is being published, or was when its writer died.</summary>
    Temporary,
    /// <summary>No name of the protocol.</summary>
    Foreign,
}

/// <summary>One file of a spool, or a directory that does not belong there.</summary>
/// <param name="Kind">What its name says.</param>
/// <param name="Directory">Below the spool's root: "pool/03", "agents/17.n1.ab/live/out".</param>
/// <param name="Name">In that directory.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Place">Whose it is; null for what belongs to no agent.</param>
public sealed record SpoolThing(ThingKind Kind, string Directory, string Name, long Bytes, AgentPlace? Place)
{
    /// <summary>Below the spool's root.</summary>
    public string Path => Directory.Length == 0 ? Name : $"{Directory}/{Name}";
}

/// <summary>Everything that one walk through a spool showed. It is read while others write: what was there a moment ago may be gone.</summary>
/// <param name="Things">Files, and what does not belong.</param>
/// <param name="Directories">Directories that were listed, below the root, with their number of entries.</param>
/// <param name="Unread">Directories that could not be listed to their end, and why.</param>
public sealed record SpoolCensus(
    IReadOnlyList<SpoolThing> Things, IReadOnlyList<(string Directory, int Entries)> Directories, IReadOnlyList<(string Directory, Errno Errno)> Unread)
{
    public IEnumerable<SpoolThing> Of(ThingKind kind) => Things.Where(thing => thing.Kind == kind);

    /// <summary>The newest heartbeat of each agent.</summary>
    public IReadOnlyDictionary<string, HeartbeatMarker> Heartbeats() => Of(ThingKind.Heartbeat)
        .Select(thing => HeartbeatName.TryParse(thing.Name, out var name) ? name : default)
        .GroupBy(name => name.Agent).ToDictionary(group => group.Key, group => group.Max().Marker);

    /// <summary>Where agents are, live ones first.</summary>
    public IReadOnlyList<AgentPlace> Places() =>
        [.. Things.Select(thing => thing.Place).OfType<AgentPlace>().Distinct().OrderBy(place => !place.IsLive).ThenBy(place =>
            place.Agent, StringComparer.Ordinal)];
}
