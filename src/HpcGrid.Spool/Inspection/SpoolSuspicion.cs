namespace HpcGrid.Spool;

/// <summary>Something that is not as it should be.</summary>
/// <param name="Path">Where, below the root.</param>
/// <param name="What">What was seen.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="IsHarmful">Work stands still or may be lost; otherwise it is litter or a delay.</param>
public sealed record SpoolSuspicion(string Path, string What, string Remedy, bool IsHarmful);

/// <summary>
/// What two walks through a spool, some time apart, prove to be stuck. By what has *not changed* in between, never by a file's time: clocks of a file
/// server tell nothing (PROTOCOL 1). Pure.
/// </summary>
public static class SpoolSuspicions
{
    /// <summary>Names that nobody of ours wrote, quarantine, directories too large to list quickly, what could not be read.</summary>
    public static IEnumerable<SpoolSuspicion> OfOne(SpoolCensus census)
    {
        foreach (var (directory, errno) in census.Unread)
            yield return new SpoolSuspicion(Shown(directory), $"it cannot be listed: {errno.Describe()}", "Look at the mount and at the permissions.", true);
        foreach (var thing in census.Of(ThingKind.Foreign))
            yield return new SpoolSuspicion(thing.Path, "it does not belong here", "Remove it; nothing of HpcGrid opens it.", false);
        foreach (var thing in census.Of(ThingKind.Quarantined))
            yield return new SpoolSuspicion(thing.Path, $"a damaged file that the bridge put aside, {thing.Bytes} bytes",
                "Tell the filesystem's operators; remove it when you have looked at it.", false);
        foreach (var (directory, entries) in census.Directories.Where(directory => directory.Entries > Limits.EntriesOfADirectory))
            yield return new SpoolSuspicion(Shown(directory), $"{entries} entries: listing it takes long on a shared filesystem",
                "Is a bridge running that takes them away?", false);
        foreach (var claim in DoubleClaims(census)) yield return claim;
        if (Rivals(census) is { Count: > 1 } rivals)
            yield return new SpoolSuspicion(SpoolNames.Bridge, "two bridges took over at the same moment: " + string.Join(", ", rivals),
                "One of them ends by itself within seconds; if it does not, stop it.", false);
        if (!census.Of(ThingKind.Keys).Any())
            yield return new SpoolSuspicion(SpoolNames.Keys, "no keys: agents cannot verify any grant", "Start the bridge and let it reach central.", true);
    }

    /// <summary>What stands for work, in a spool whose work is said to be over: files of jobs, what was begun and never finished.</summary>
    public static IEnumerable<SpoolSuspicion> OfIdle(SpoolCensus census) =>
        from thing in census.Things
        where thing.Kind is ThingKind.Offer or ThingKind.Withdrawn or ThingKind.Claim or ThingKind.Version or ThingKind.Output or ThingKind.Answer
            or ThingKind.EnteringAgent or ThingKind.Temporary
        select new SpoolSuspicion(thing.Path, "it stands for work, and all work is said to be over",
            "Is a bridge running that takes it away, and does it reach central?", true);

    /// <summary>What has not moved between two walks though it should have.</summary>
    /// <param name="before">The first walk.</param>
    /// <param name="after">The second one.</param>
    /// <param name="apart">Time between them; at least one heartbeat and the caching bound.</param>
    public static IEnumerable<SpoolSuspicion> OfTwo(SpoolCensus before, SpoolCensus after, TimeSpan apart)
    {
        var (then, now) = (before.Heartbeats(), after.Heartbeats());
        var seconds = apart.TotalSeconds;
        foreach (var place in after.Places().Where(place => place.IsLive && before.Places().Contains(place)))
        {
            var silent = !now.TryGetValue(place.Agent, out var beat) || (then.TryGetValue(place.Agent, out var old) && old.Number == beat.Number);
            if (silent && !beat.Left)
                yield return new SpoolSuspicion($"{SpoolNames.Agents}/{place.Agent}", $"no heartbeat for {seconds:0} s",
                    "Its node is dead, stopped, or does not see this filesystem; the bridge gives it up after ten minutes.", true);
            foreach (var suspicion in Inbox(place, beat, before, after, seconds)) yield return suspicion;
            foreach (var final in Finals(place, before, after))
                yield return new SpoolSuspicion(final.Path, $"a final version that no bridge has acknowledged in {seconds:0} s",
                    "Is a bridge running, and does it reach central?", true);
        }
        foreach (var thing in Unmoved(ThingKind.Temporary, before, after))
            yield return new SpoolSuspicion(thing.Path, $"an unfinished file that has not changed in {seconds:0} s",
                "Left by a crash; the next bridge removes its predecessors', an agent's goes with its directory.", false);
        if (apart >= Limits.LeaseIsOld && Unmoved(ThingKind.Lease, before, after).Any() && !after.Of(ThingKind.Lease).Except(before.Of(ThingKind.Lease)).Any())
            yield return new SpoolSuspicion(SpoolNames.Bridge, $"no lease was renewed in {seconds:0} s",
                "No bridge is running here: start it. Agents end after five minutes without one.", true);
    }

    private static List<string> Rivals(SpoolCensus census) =>
        [.. census.Of(ThingKind.Epoch).Select(thing => EpochName.TryParse(thing.Name, out var epoch) ? epoch : default)
            .GroupBy(epoch => epoch.Epoch).OrderByDescending(group => group.Key).FirstOrDefault()?.Select(epoch => epoch.FileName) ?? []];

    private static IEnumerable<SpoolSuspicion> DoubleClaims(SpoolCensus census) =>
        from thing in census.Of(ThingKind.Claim)
        group thing by thing.Name into claims
        where claims.Select(claim => claim.Place).Distinct().Count() > 1
        select new SpoolSuspicion(string.Join(" and ", claims.Select(claim => claim.Directory)), $"both have claimed {claims.Key}",
            "The filesystem broke its word, or somebody copied files; the bridge gives both up.", true);

    private static IEnumerable<SpoolSuspicion> Inbox(AgentPlace place, HeartbeatMarker beat, SpoolCensus before, SpoolCensus after, double seconds) =>
        from thing in Unmoved(ThingKind.Message, before, after)
        where thing.Place == place && MessageName.TryParse(thing.Name, out var message) && message.Sequence > beat.Applied
        select new SpoolSuspicion(thing.Path, $"a message that the agent has not applied in {seconds:0} s",
            "Its node may see an old listing; the bridge repeats messages.", false);

    private static IEnumerable<SpoolThing> Finals(AgentPlace place, SpoolCensus before, SpoolCensus after) =>
        Unmoved(ThingKind.Version, before, after).Where(thing => thing.Place == place && VersionName.TryParse(thing.Name, out var version) && version.Final);

    private static IEnumerable<SpoolThing> Unmoved(ThingKind kind, SpoolCensus before, SpoolCensus after) => after.Of(kind).Intersect(before.Of(kind));

    private static string Shown(string directory) => directory.Length == 0 ? "." : directory;
}
