using HpcGrid.Core.Data;

namespace HpcGrid.Spool;

/// <summary>
/// Which cached files are in use, and which go first when room is needed: those unpinned the longest. In memory; a bridge that starts
/// rebuilds it from its ledger and the cache's listing. Ticks are any monotonic count.
/// </summary>
public sealed class CachePins
{
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>Sum of the sizes of all files known.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Notes a file that lies in the cache.</summary>
    public void Add(Content content, long ticks)
    {
        if (_entries.TryAdd(content.Sha256, new Entry(content, 0, ticks))) TotalBytes += content.Size;
    }

    /// <summary>One more queue file needs it. False when it is not known to be in the cache.</summary>
    public bool Pin(string sha256)
    {
        if (!_entries.TryGetValue(sha256, out var entry)) return false;
        _entries[sha256] = entry with { Pins = entry.Pins + 1 };
        return true;
    }

    /// <summary>One queue file less needs it.</summary>
    public void Unpin(string sha256, long ticks)
    {
        if (_entries.TryGetValue(sha256, out var entry) && entry.Pins > 0) _entries[sha256] = entry with { Pins = entry.Pins - 1, LastUse = ticks };
    }

    /// <summary>The unpinned files to evict so that at most so many bytes remain; fewer when pins forbid more.</summary>
    public IReadOnlyList<Content> ToEvict(long bytesAllowed)
    {
        var chosen = new List<Content>();
        var remaining = TotalBytes;
        var unpinned = _entries.Values.Where(entry => entry.Pins == 0);
        foreach (var entry in unpinned.OrderBy(entry => entry.LastUse).ThenBy(entry => entry.Content.Sha256, StringComparer.Ordinal))
        {
            if (remaining <= bytesAllowed) break;
            chosen.Add(entry.Content);
            remaining -= entry.Content.Size;
        }
        return chosen;
    }

    /// <summary>Forgets an evicted file.</summary>
    public void Remove(string sha256)
    {
        if (_entries.Remove(sha256, out var entry)) TotalBytes -= entry.Content.Size;
    }

    private readonly record struct Entry(Content Content, int Pins, long LastUse);
}
