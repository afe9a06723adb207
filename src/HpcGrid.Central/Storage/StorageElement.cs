using HpcGrid.Central.Database;

namespace HpcGrid.Central.Storage;

/// <summary>
/// One of central's own storage elements: a directory with files of their own, and packs of small ones. Which of the two a file lies in is nobody's
/// business but this one's.
/// </summary>
public sealed class StorageElement(ElementSetting setting, string root, LocalStore store, PackStore packs) : IDisposable
{
    private long _used;
    private long _taken;

    /// <summary>What an admin says of it; replaced when that changes.</summary>
    public ElementSetting Setting { get; internal set; } = setting;

    /// <summary>"VO::SITE::NAME".</summary>
    public string Name => Setting.Name;

    /// <summary>Its directory.</summary>
    public string Root { get; } = root;

    /// <summary>The files of their own.</summary>
    public LocalStore Store { get; } = store;

    /// <summary>The small files.</summary>
    public PackStore Packs { get; } = packs;

    /// <summary>Where it is reached, relative to central.</summary>
    public string Url => UrlOfElement(Name);

    /// <summary>Where one file is reached, relative to central.</summary>
    public string UrlOf(string pfn) => $"{Url}/{pfn}";

    public static string UrlOfElement(string name) => "/se/" + Uri.EscapeDataString(name);

    /// <summary>True when it has the file, whole or being written by nobody.</summary>
    public bool Has(Session session, string pfn) => PackTable.Find(session, Name, StorageRules.GuidOf(pfn)) is not null || Store.Exists(pfn);

    /// <summary>Opens a file for reading. Throws GridError: NotFound, Corrupt when a small file's bytes have changed.</summary>
    public Stream Open(CentralDatabase database, string pfn)
    {
        var guid = StorageRules.GuidOf(pfn);
        var packed = database.Read(session => PackTable.Find(session, Name, guid));
        if (packed is null) return Store.Open(pfn);
        try { return new MemoryStream(Packs.Read(packed), writable: false); }
        // It may have been copied into another pack since we looked.
        catch (Core.GridError) when (database.Read(session => PackTable.Find(session, Name, guid)) is { } now && now != packed)
        {
            return Open(database, pfn);
        }
    }

    /// <summary>How the choice of storage elements sees it.</summary>
    public ElementState State => new(Name, Setting.Kinds, Setting.Site, !Setting.ReadOnly, Room());

    /// <summary>What it holds by the catalogue, for its capacity; uploads since are added by <see cref="Took"/>.</summary>
    public void Measured(ElementUse use)
    {
        Interlocked.Exchange(ref _taken, 0);
        Interlocked.Exchange(ref _used, use.Bytes);
    }

    /// <summary>Bytes that were stored.</summary>
    public void Took(long bytes) => Interlocked.Add(ref _taken, bytes);

    private long Room()
    {
        var disk = new DriveInfo(Root).AvailableFreeSpace - Limits.ReservedBytes;
        return Math.Max(0, Setting.Capacity == 0 ? disk
            : Math.Min(disk, Setting.Capacity - Interlocked.Read(ref _used) - Interlocked.Read(ref _taken)));
    }

    public void Dispose() => Packs.Dispose();
}
