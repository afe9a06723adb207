using System.IO.Abstractions;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using Serilog;

namespace HpcGrid.Central.Storage;

/// <summary>
/// Central's storage elements: those of central.yaml first, then those made by command, in a fixed order; the first is where everything goes that wants
/// nothing else. What an admin changes counts after the next <see cref="Refresh"/>. Thread-safe.
/// </summary>
public sealed class StorageElements : IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _home;
    private readonly IReadOnlyList<ElementSetting> _configured;
    private readonly CentralDatabase _database;
    private volatile StorageElement[] _all = [];

    /// <summary>Throws GridError(Unavailable) when a directory cannot be made.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="home">Where relative directories begin.</param>
    /// <param name="configured">Those of central.yaml; at least one.</param>
    /// <param name="database">Those made by command.</param>
    public StorageElements(IFileSystem files, string home, IReadOnlyList<ElementSetting> configured, CentralDatabase database)
    {
        (_files, _home, _configured, _database) = (files, home, configured, database);
        Refresh();
    }

    /// <summary>All of them, in order; at least one.</summary>
    public IReadOnlyList<StorageElement> All => _all;

    /// <summary>Where everything goes that wants nothing else.</summary>
    public StorageElement First => _all[0];

    /// <summary>How the choice sees them.</summary>
    public IReadOnlyList<ElementState> States => [.. _all.Select(element => element.State)];

    public StorageElement? Find(string name) => Array.Find(_all, element => element.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>A copy with its address; one of a storage element that is none of ours keeps its own.</summary>
    public Replica ReplicaOf(string se, string pfn) => Find(se) is { } element ? new Replica(se, pfn, element.UrlOf(pfn)) : new Replica(se, pfn, pfn);

    /// <summary>Opens a file by whichever copy is good. Throws GridError: that of the last copy, or Invalid when none is ours.</summary>
    public Stream Open(SourceFile file)
    {
        GridError? last = null;
        foreach (var replica in file.Replicas)
        {
            if (file.Member is not null || Find(replica.Se) is not { } element) continue;
            try { return element.Open(_database, replica.Pfn); }
            catch (GridError e) { last = e; }
        }
        throw last ?? GridError.Invalid(
            $"{file.Lfn} has no copy of its own in {string.Join(", ", _all.Select(element => element.Name))}, where central can read it",
            "Copy it to the catalogue as a plain file.");
    }

    /// <summary>Takes over what an admin has changed, and counts what those with a capacity hold.</summary>
    public void Refresh()
    {
        var settings = _configured.Concat(_database.Read(ElementTable.All)).DistinctBy(setting => setting.Name, StringComparer.OrdinalIgnoreCase)
            .Take(Limits.Elements).ToList();
        var known = _all.ToDictionary(element => element.Name, StringComparer.OrdinalIgnoreCase);
        var next = new List<StorageElement>();
        foreach (var setting in settings)
        {
            if (known.TryGetValue(setting.Name, out var element) && element.Root == RootOf(setting)) element.Setting = setting;
            else if (TryMake(setting) is { } made) element = made;
            else continue;
            next.Add(element);
        }
        _all = [.. next];
        if (settings.TrueForAll(setting => setting.Capacity == 0)) return;
        var use = _database.Read(ElementTable.Use);
        foreach (var element in _all) element.Measured(use.GetValueOrDefault(element.Name));
    }

    /// <summary>At the start: removes what a crash left half stored.</summary>
    public async Task Settle()
    {
        foreach (var element in _all)
        {
            element.Store.RemoveLeftovers();
            await element.Packs.Settle();
        }
    }

    /// <summary>Throws when one of central.yaml cannot be made: central would put everything elsewhere; one made by command is passed over.</summary>
    private StorageElement? TryMake(ElementSetting setting)
    {
        var root = RootOf(setting);
        try { return new StorageElement(setting, root, new LocalStore(_files, root), new PackStore(_files, root, setting.Name, _database)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_configured.Contains(setting))
                throw GridError.Unavailable($"the storage element {setting.Name} cannot use {root}: {e.Message}", "Change its directory in central.yaml.", e);
            Log.Error("the storage element {Se} is not used: {Message}", setting.Name, e.Message);
            return null;
        }
    }

    private string RootOf(ElementSetting setting) => Path.GetFullPath(Path.Combine(_home, setting.Directory));

    public void Dispose()
    {
        foreach (var element in _all) element.Dispose();
    }
}
