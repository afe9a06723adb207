using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate.Fs;

/// <summary>
/// What a client believes about files: their attributes, and their pages once read. A file of the spool never changes under its name; what changes is the server
/// after a crash, a file that strangers write on, and one that is read while its writer is not done.
/// </summary>
internal sealed class FileCache(FsProfile profile, Scheduler scheduler, FaultPlan faults, Dice dice)
{
    public const int PageBytes = 4096;
    private readonly Dictionary<Inode, (CachedAttributes Told, TimeSpan Until)> _attributes = [];
    private readonly Dictionary<Inode, Pages> _pages = [];

    private sealed record Pages(byte[] Bytes, HashSet<int> Held, long Version)
    {
        public TimeSpan Until { get; set; }
    }

    /// <summary>Size and mode, as this client tells them.</summary>
    public CachedAttributes AttributesOf(Inode inode)
    {
        var truth = new CachedAttributes(inode.Mode, inode.ToldLength ?? inode.Length);
        if (profile.Attributes <= 0) return truth;
        if (_attributes.TryGetValue(inode, out var known) && scheduler.Now < known.Until)
        {
            if (known.Told != truth) faults.Count(FaultRow.P1);
            return known.Told;
        }
        _attributes[inode] = (truth, scheduler.Now + Time(profile.Attributes) * dice.Unit());
        return truth;
    }

    /// <summary>open(): where the filesystem looks then (close-to-open), what has changed is asked for anew.</summary>
    public void Opened(Inode inode)
    {
        if (!profile.OpenLooks) return;
        _attributes.Remove(inode);
        if (_pages.TryGetValue(inode, out var pages) && pages.Version != inode.Version) _pages.Remove(inode);
    }

    /// <summary>This client itself wrote.</summary>
    public void Wrote(Inode inode)
    {
        _attributes.Remove(inode);
        _pages.Remove(inode);
    }

    /// <summary>
    /// The file's bytes as this client shows them: pages that it holds as they were, the others as they are, and not more of them than the attributes tell.
    /// </summary>
    public ReadOnlySpan<byte> BytesOf(Inode inode)
    {
        if (profile.Attributes <= 0) return inode.Bytes;
        var length = (int)Math.Min(inode.Length, AttributesOf(inode).Length);
        return PagesOf(inode)[..length];
    }

    private ReadOnlySpan<byte> PagesOf(Inode inode)
    {
        if (!_pages.TryGetValue(inode, out var pages) || scheduler.Now >= pages.Until)
        {
            _pages[inode] = new Pages(inode.Bytes.ToArray(), Some(inode), inode.Version) { Until = scheduler.Now + Time(profile.Attributes) };
            return inode.Bytes;
        }
        if (pages.Version == inode.Version) return inode.Bytes;
        var shown = inode.Bytes.ToArray();
        foreach (var page in pages.Held)
            if (page * PageBytes is var from && from < Math.Min(shown.Length, pages.Bytes.Length))
            {
                var size = Math.Min(PageBytes, Math.Min(shown.Length, pages.Bytes.Length) - from);
                pages.Bytes.AsSpan(from, size).CopyTo(shown.AsSpan(from));
            }
        faults.Count(pages.Held.Count * PageBytes >= shown.Length ? FaultRow.P1 : FaultRow.P3);
        return shown;
    }

    /// <summary>Memory is short: only some of the pages stay.</summary>
    private HashSet<int> Some(Inode inode)
    {
        var pages = (inode.Length + PageBytes - 1) / PageBytes;
        return dice.Chance(0.5) ? [.. Enumerable.Range(0, pages)] : [.. Enumerable.Range(0, pages).Where(_ => dice.Chance(0.5))];
    }

    private TimeSpan Time(double seconds) => TimeSpan.FromSeconds(seconds * Grid.Pace);
}

/// <summary>What a client remembers of a file beside its content; the kind and the number never change.</summary>
internal readonly record struct CachedAttributes(int Mode, long Length);
