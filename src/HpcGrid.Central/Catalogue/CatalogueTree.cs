using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>
/// From paths to entries and back. The writer remembers directories it has seen (outputs of a production go to few places); what it
/// remembers is forgotten when something is moved or removed, or a request is undone.
/// </summary>
public sealed class CatalogueTree(TimeProvider clock)
{
    private readonly Dictionary<string, EntryRow> _directories = [];

    /// <summary>The entry, or null. No permission is asked.</summary>
    public EntryRow? Find(Session session, Lfn path)
    {
        if (path == Lfn.Root) return Require(session, EntryTable.Root);
        if (session.IsWriter && _directories.TryGetValue(path.Path, out var known)) return known;
        if (Find(session, path.Parent) is not { IsDirectory: true } parent) return null;
        var entry = EntryTable.Find(session, parent.Id, path.Name);
        if (entry is { IsDirectory: true }) Remember(session, path, entry);
        return entry;
    }

    /// <summary>The entry, when the viewer may enter the directories above it. Throws GridError: NotFound names the first missing part, Denied.</summary>
    public EntryRow Walk(Session session, Lfn path, Viewer viewer) =>
        TryWalk(session, path, viewer, out var deepest)
            ?? throw GridError.NotFound($"there is no {deepest}", deepest == path ? null : $"{path} cannot be below it.");

    /// <summary>The entry or null; enters as the viewer. Deepest is the path, or the first part of it that does not exist.</summary>
    public EntryRow? TryWalk(Session session, Lfn path, Viewer viewer, out Lfn deepest)
    {
        var entry = Require(session, EntryTable.Root);
        deepest = Lfn.Root;
        foreach (var name in path.Components)
        {
            if (!entry.IsDirectory) throw GridError.NotFound($"{deepest} is a file, not a directory", $"{path} cannot be below it.");
            PermissionRules.MustEnter(viewer, entry, deepest);
            deepest = deepest.Child(name);
            if (EntryTable.Find(session, entry.Id, name) is not { } next) return null;
            entry = next;
        }
        return entry;
    }

    /// <summary>The directory, when it is one and the viewer may change it. Throws GridError.</summary>
    public EntryRow WalkToWrite(Session session, Lfn directory, Viewer viewer)
    {
        var entry = Walk(session, directory, viewer);
        if (!entry.IsDirectory) throw GridError.Invalid($"{directory} is a file, not a directory");
        PermissionRules.MustWrite(viewer, entry, directory);
        return entry;
    }

    /// <summary>
    /// The directory, made with all that is missing above it, in the owner's name. Throws GridError: Exists when a part of the path is a
    /// file, Denied when the deepest existing directory is not the owner's to write.
    /// </summary>
    public EntryRow MakeDirectories(Session session, Lfn path, Viewer owner)
    {
        if (Find(session, path) is { } there)
            return there.IsDirectory ? there : throw GridError.Exists($"{path} is a file, not a directory");
        var parent = MakeDirectories(session, path.Parent, owner);
        PermissionRules.MustWrite(owner, parent, path.Parent);
        return MakeDirectory(session, parent, path, owner.Name);
    }

    /// <summary>A new directory in an existing one, in the owner's name; the name must be free.</summary>
    public EntryRow MakeDirectory(Session session, EntryRow parent, Lfn path, string owner)
    {
        var entry = EntryTable.Insert(session, new EntryRow
        {
            Id = 0, Parent = parent.Id, Name = path.Name, Type = "d", Owner = owner, Group = owner,
            Permissions = PermissionRules.NewDirectory, CreatedAt = clock.GetUtcNow(),
        });
        Remember(session, path, entry);
        return entry;
    }

    /// <summary>An entry's path, by climbing.</summary>
    public static Lfn PathOf(Session session, EntryRow entry)
    {
        if (entry.Id == EntryTable.Root) return Lfn.Root;
        var parent = EntryTable.Find(session, entry.Parent) ?? throw new InvalidOperationException($"entry {entry.Id} hangs on nothing");
        return PathOf(session, parent).Child(entry.Name);
    }

    /// <summary>Something was moved or removed.</summary>
    public void Forget() => _directories.Clear();

    private void Remember(Session session, Lfn path, EntryRow entry)
    {
        if (!session.IsWriter) return;
        if (_directories.Count >= Limits.PathsInMemory) _directories.Clear();
        if (_directories.Count == 0 || !_directories.ContainsKey(path.Path)) session.OnRollback(Forget);
        _directories[path.Path] = entry;
    }

    private static EntryRow Require(Session session, long id) =>
        EntryTable.Find(session, id) ?? throw new InvalidOperationException($"entry {id} is missing");
}
