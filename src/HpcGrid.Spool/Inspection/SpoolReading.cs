using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>Opens each file of a spool that has content and says what is wrong with it. Reads only; the bridge alone may quarantine.</summary>
/// <param name="root">The spool.</param>
public sealed class SpoolReading(SpoolRoot root)
{
    /// <summary>True for files whose content can be checked.</summary>
    public static bool HasContent(ThingKind kind) => kind
        is ThingKind.Offer or ThingKind.Withdrawn or ThingKind.Claim or ThingKind.Version or ThingKind.Answer or ThingKind.Message or ThingKind.Card
        or ThingKind.Keys or ThingKind.Cached;

    /// <summary>Why the file is no good; null when it is whole, or gone meanwhile.</summary>
    public string? FaultOf(SpoolThing thing)
    {
        var path = SpoolLayout.Join(root.Layout.Root, thing.Path);
        try
        {
            if (thing.Kind == ThingKind.Cached) return CachedFault(path, thing.Name);
            var cap = thing.Kind is ThingKind.Offer or ThingKind.Withdrawn or ThingKind.Claim or ThingKind.Version ? Limits.WorkQueueBytes
                : Limits.MessageBytes;
            var errno = SpoolFile.Read(root.Fs, path, cap, out var bytes);
            if (errno.IsAbsent()) return null;
            return errno != Errno.None ? $"it cannot be read: {errno.Describe()}" : Decode(thing, bytes);
        }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt) { return e.Message; }
    }

    private string? Decode(SpoolThing thing, byte[] bytes)
    {
        switch (thing.Kind)
        {
            case ThingKind.Offer:
                return PoolEntry.TryParse(thing.Name, out var entry) ? Says(WorkQueueImage.ReadQueue(bytes).Header.Name, entry.Name) : null;
            case ThingKind.Claim or ThingKind.Withdrawn:
                return QueueName.TryParseFile(thing.Name, out var queue) ? Says(WorkQueueImage.ReadQueue(bytes).Header.Name, queue) : null;
            case ThingKind.Version:
                return VersionName.TryParse(thing.Name, out var version) ? Says(WorkQueueImage.ReadVersion(bytes).Header.Name, version.Queue) : null;
            default:
                _ = Trailer.Open(bytes);
                return null;
        }
    }

    private static string? Says(QueueName inside, QueueName outside) => inside == outside ? null : $"it is {inside} under the name of {outside}";

    private string? CachedFault(string path, string sha256)
    {
        var copied = SpoolFile.Copy(root.Fs, path, _ => { });
        return copied.Errno.IsAbsent() ? null
            : copied.Errno != Errno.None ? $"it cannot be read: {copied.Errno.Describe()}"
            : copied.Content!.Sha256 == sha256 ? null : "its bytes are others than its name says";
    }
}
