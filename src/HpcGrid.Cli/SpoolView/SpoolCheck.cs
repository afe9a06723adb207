using HpcGrid.Spool;

namespace HpcGrid.Cli.SpoolView;

/// <summary>Looks, reads everything, waits, looks again.</summary>
/// <param name="look">The spool.</param>
/// <param name="time">For the waiting.</param>
/// <param name="idle">All work is said to be over: what stands for work is wrong.</param>
internal sealed class SpoolCheck(SpoolLook look, TimeProvider time, bool idle)
{
    /// <summary>Parts that progress is told in.</summary>
    public const int Parts = 100;

    private const int ReadingParts = 50;

    public async Task<CheckDocument> Run(TimeSpan wait, Action<int> told, CancellationToken ct)
    {
        var begun = time.GetTimestamp();
        var before = look.Take();
        var suspicions = SpoolSuspicions.OfOne(before).ToList();
        var files = before.Things.Where(thing => SpoolReading.HasContent(thing.Kind)).ToList();
        var older = Superseded(before);
        var reading = new SpoolReading(look.Root);
        for (var i = 0; i < files.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            if (reading.FaultOf(files[i]) is { } fault)
                suspicions.Add(new SpoolSuspicion(files[i].Path, fault, Remedy(files[i], older), !older.Contains(files[i])));
            told((i + 1) * ReadingParts / files.Count);
        }
        await Wait(begun, wait, told, ct);
        var after = wait > TimeSpan.Zero ? look.Take() : before;
        if (wait > TimeSpan.Zero) suspicions.AddRange(SpoolSuspicions.OfTwo(before, after, time.GetElapsedTime(begun)));
        if (idle) suspicions.AddRange(SpoolSuspicions.OfIdle(after));
        return new CheckDocument(look.Root.Layout.Root, !suspicions.Exists(suspicion => suspicion.IsHarmful), files.Count,
            [.. suspicions.OrderByDescending(suspicion => suspicion.IsHarmful)]);
    }

    private async Task Wait(long begun, TimeSpan wait, Action<int> told, CancellationToken ct)
    {
        while (time.GetElapsedTime(begun) is var passed && passed < wait)
        {
            told(ReadingParts + (int)(passed / wait * (Parts - ReadingParts)));
            await Task.Delay(Limits.LocalPoll, time, ct);
        }
        told(Parts);
    }

    /// <summary>Versions with a newer one beside them: readers pass them over anyway.</summary>
    private static HashSet<SpoolThing> Superseded(SpoolCensus census) =>
        [.. census.Of(ThingKind.Version).GroupBy(thing => (thing.Directory, SequenceOf(thing).Queue))
            .SelectMany(group => group.OrderByDescending(thing => SequenceOf(thing).Sequence).Skip(1))];

    private static VersionName SequenceOf(SpoolThing thing) => VersionName.TryParse(thing.Name, out var name) ? name : default;

    private static string Remedy(SpoolThing thing, HashSet<SpoolThing> older) => older.Contains(thing)
        ? "A newer version lies beside it; nobody reads this one."
        : thing.Kind switch
        {
            ThingKind.Offer or ThingKind.Claim => "Its agent hands it back and the bridge offers the jobs again; if that does not happen, restart the bridge.",
            ThingKind.Version => "Its agent publishes the next version soon; the bridge takes the one before.",
            ThingKind.Cached => "Stop the bridge, remove the file, start the bridge: it is fetched again.",
            ThingKind.Keys => "Start the bridge: it writes keys that central gave it.",
            _ => "Its reader passes it over.",
        };
}
