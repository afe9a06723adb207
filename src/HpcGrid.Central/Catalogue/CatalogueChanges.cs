using HpcGrid.Central.Database;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.Catalogue;

/// <summary>
/// Changing the tree, each within the caller's transaction. Files lose their bytes only when no entry refers to them any more,
/// and only after the transaction.
/// </summary>
public sealed class CatalogueChanges(CatalogueTree tree, TimeProvider clock)
{
    /// <summary>The root, "/vo", "/vo/bin" and "/vo/user"; repeating it is harmless.</summary>
    public void MakeRoots(Session session, string vo)
    {
        if (EntryTable.Find(session, EntryTable.Root) is null)
            EntryTable.Insert(session, new EntryRow
            {
                Id = CounterTable.Take(session, "entry"), Parent = 0, Name = "", Type = "d", Owner = "admin", Group = "admin",
                Permissions = PermissionRules.NewDirectory, CreatedAt = clock.GetUtcNow(),
            });
        var admin = new Viewer("admin", true);
        tree.MakeDirectories(session, Lfn.Parse($"/{vo}/bin"), admin);
        tree.MakeDirectories(session, Lfn.Parse($"/{vo}/user"), admin);
    }

    /// <summary>An account's home; repeating it is harmless.</summary>
    public void MakeHome(Session session, Lfn home, string owner)
    {
        var parent = tree.MakeDirectories(session, home.Parent, new Viewer("admin", true));
        if (tree.Find(session, home) is null) tree.MakeDirectory(session, parent, home, owner);
    }

    public void MakeDirectory(Session session, Viewer viewer, Lfn path, bool parents)
    {
        if (tree.TryWalk(session, path, viewer, out var deepest) is { } there)
        {
            if (parents && there.IsDirectory) return;
            throw GridError.Exists($"{path} exists already");
        }
        if (!parents && deepest != path) throw GridError.NotFound($"there is no {deepest}", "Make it first, or ask for the directories above too (-p).");
        tree.MakeDirectories(session, path, viewer);
    }

    public void Remove(Session session, Viewer viewer, Lfn path, bool recursive)
    {
        if (path == Lfn.Root) throw GridError.Denied("the root of the catalogue stays");
        var entry = tree.Walk(session, path, viewer);
        PermissionRules.MustWrite(viewer, tree.Walk(session, path.Parent, viewer), path.Parent);
        if (!recursive && entry.IsDirectory && EntryTable.Children(session, entry.Id, "", 1).Count > 0)
            throw GridError.Conflict($"{path} is not empty", "Remove it with all that is in it: rm -r.");
        var left = Limits.EntriesPerRemoval;
        RemoveTree(session, viewer, path, entry, ref left);
        tree.Forget();
    }

    /// <summary>Everything that a job made, for a new attempt of it; what failed attempts left tells why they failed, and stays.</summary>
    public void RemoveOutputsOf(Session session, long job)
    {
        foreach (var entry in EntryTable.OfJob(session, job))
            if (!SpecBuilder.IsOfFailedAttempt(CatalogueTree.PathOf(session, entry), job)) RemoveOne(session, entry);
    }

    public void Move(Session session, Viewer viewer, Lfn from, Lfn to)
    {
        if (from == Lfn.Root) throw GridError.Denied("the root of the catalogue stays");
        var entry = tree.Walk(session, from, viewer);
        var target = tree.TryWalk(session, to, viewer, out _) is { IsDirectory: true } ? to.Child(from.Name) : to;
        if (target == from) return;
        if (from.Covers(target)) throw GridError.Invalid($"{from} cannot be moved into itself");
        tree.WalkToWrite(session, from.Parent, viewer);
        var parent = tree.WalkToWrite(session, target.Parent, viewer);
        if (EntryTable.Find(session, parent.Id, target.Name) is not null) throw GridError.Exists($"{target} exists already", "Remove it first.");
        EntryTable.Move(session, entry.Id, parent.Id, target.Name);
        tree.Forget();
    }

    /// <summary>A second entry for the same bytes, which stay until the last of the two is removed.</summary>
    public void Copy(Session session, Viewer viewer, Lfn from, Lfn to)
    {
        var entry = tree.Walk(session, from, viewer);
        if (entry.IsDirectory) throw GridError.Invalid($"{from} is a directory, not a file", "Copy its files one by one.");
        if (entry.Archive is not null) throw GridError.Invalid($"{from} lies in an archive and has no bytes of its own", "Fetch it and store it again.");
        PermissionRules.MustRead(viewer, entry, from);
        var parent = tree.WalkToWrite(session, to.Parent, viewer);
        if (EntryTable.Find(session, parent.Id, to.Name) is not null) throw GridError.Exists($"{to} exists already", "Remove it first.");
        EntryTable.Insert(session, entry with
        {
            Id = 0, Parent = parent.Id, Name = to.Name, Owner = viewer.Name, Group = viewer.Name, Permissions = PermissionRules.NewFile,
            CreatedAt = clock.GetUtcNow(), Job = null,
        });
    }

    private void RemoveTree(Session session, Viewer viewer, Lfn path, EntryRow entry, ref int left)
    {
        if (--left < 0) throw new GridError(ErrorCode.TooLarge, $"more than {Limits.EntriesPerRemoval} entries would go in one piece",
            "Remove parts of the tree first.");
        if (entry.IsDirectory)
        {
            var children = EntryTable.Children(session, entry.Id, "", Limits.EntriesPerRemoval);
            if (children.Count > 0) PermissionRules.MustWrite(viewer, entry, path);
            foreach (var child in children) RemoveTree(session, viewer, path.Child(child.Name), child, ref left);
        }
        RemoveOne(session, entry);
    }

    private void RemoveOne(Session session, EntryRow entry)
    {
        EntryTable.Delete(session, entry.Id);
        if ((entry.Archive ?? entry.Guid) is not { } guid || EntryTable.IsReferredTo(session, guid)) return;
        foreach (var (se, pfn) in ReplicaTable.Of(session, guid)) DeletionTable.Insert(session, se, pfn, clock.GetUtcNow());
        ReplicaTable.Delete(session, guid);
    }
}
