using HpcGrid.Central.Database;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>Looking at the catalogue, with the viewer's permissions.</summary>
public sealed class CatalogueReads(CatalogueTree tree, StorageElements elements)
{
    public EntryList List(Session session, Viewer viewer, Lfn path, string? after, int limit)
    {
        var entry = tree.Walk(session, path, viewer);
        if (!entry.IsDirectory) return new EntryList([entry.At(path)], false);
        PermissionRules.MustRead(viewer, entry, path);
        var page = Math.Clamp(limit, 1, Limits.PageSize);
        var rows = EntryTable.Children(session, entry.Id, after ?? "", page + 1);
        return new EntryList([.. rows.Take(page).Select(row => row.At(path.Child(row.Name)))], rows.Count > page);
    }

    public EntryDetail Stat(Session session, Viewer viewer, Lfn path)
    {
        var entry = tree.Walk(session, path, viewer);
        if (entry.IsDirectory) return new EntryDetail(entry.At(path), [], null);
        var archive = entry.Archive is { } guid ? EntryTable.Referring(session, guid).Find(row => row.Guid == guid) : null;
        return new EntryDetail(entry.At(path), Replicas(session, entry), archive is null ? null : CatalogueTree.PathOf(session, archive).Path);
    }

    /// <summary>A file that the viewer may read, with all it takes to fetch it. Throws GridError.</summary>
    public SourceFile Source(Session session, Viewer viewer, Lfn path) => Source(session, viewer, path, tree.Walk(session, path, viewer));

    /// <summary>
    /// Files by a pattern: '*' and '?' in the last component. Sorted by name. Throws GridError(NotFound) when the directory is missing or nothing
    /// matches, naming the pattern.
    /// </summary>
    public List<SourceFile> Sources(Session session, Viewer viewer, Lfn pattern, int most)
    {
        var directory = tree.Walk(session, pattern.Parent, viewer);
        PermissionRules.MustRead(viewer, directory, pattern.Parent);
        var found = new List<SourceFile>();
        for (var after = ""; ;)
        {
            var rows = EntryTable.Children(session, directory.Id, after, Limits.PageSize);
            foreach (var row in rows.Where(row => !row.IsDirectory && NamePattern.Matches(pattern.Name, row.Name)))
            {
                if (found.Count == most) throw new GridError(ErrorCode.TooLarge, $"{pattern} matches more than {most} files", "Split the job over its input.");
                found.Add(Source(session, viewer, pattern.Parent.Child(row.Name), row));
            }
            if (rows.Count < Limits.PageSize) break;
            after = rows[^1].Name;
        }
        return found.Count > 0 ? found : throw GridError.NotFound($"no file matches {pattern}");
    }

    /// <summary>True when a token for reading covers some path of this file, or of a member that lies in it.</summary>
    public bool IsCovered(Session session, Guid guid, Func<Lfn, bool> covers) =>
        EntryTable.Referring(session, guid).Any(row => covers(CatalogueTree.PathOf(session, row)));

    /// <summary>The checksum of a registered file; null when it is not registered.</summary>
    public string? Sha256Of(Session session, Guid guid) => EntryTable.Referring(session, guid).Find(row => row.Guid == guid)?.Sha256;

    private SourceFile Source(Session session, Viewer viewer, Lfn path, EntryRow entry)
    {
        if (entry.IsDirectory) throw GridError.Invalid($"{path} is a directory, not a file");
        PermissionRules.MustRead(viewer, entry, path);
        var replicas = Replicas(session, entry);
        if (replicas.Count == 0) throw GridError.Unavailable($"{path} has no copy in any storage element");
        if (entry.Archive is not { } guid) return new SourceFile(path.Path, entry.Content, replicas);
        var archive = EntryTable.Referring(session, guid).Find(row => row.Guid == guid)
            ?? throw GridError.NotFound($"the archive that holds {path} is not in the catalogue any more");
        return new SourceFile(path.Path, entry.Content, replicas, entry.Member, archive.Content);
    }

    private List<Replica> Replicas(Session session, EntryRow entry) =>
        [.. ReplicaTable.Of(session, entry.Archive ?? entry.Guid ?? throw new InvalidOperationException($"entry {entry.Id} has no GUID"))
            .Select(copy => elements.ReplicaOf(copy.Se, copy.Pfn))];
}
