using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>Fetching and putting single files: where, with which token, and the entry afterwards.</summary>
public sealed class FileTickets(CatalogueTree tree, CatalogueReads reads, StorageElements elements, UploadDesk desk, TokenDesk tokens, TimeProvider clock)
{
    public ReadTicket OpenForReading(Session session, Viewer viewer, Lfn path)
    {
        var source = reads.Source(session, viewer, path);
        return new ReadTicket(source, tokens.SignTicket(viewer.Name, string.Join(' ', source.Replicas.Select(copy => StorageRules.ReadScope(copy.Pfn)))));
    }

    public WriteTicket OpenForWriting(Session session, Viewer viewer, Lfn path, Content content, string wish)
    {
        PlacementRules.Check(StorageWish.Parse(wish), elements.States);
        Check(content);
        MustBeFree(session, viewer, path);
        var guid = Guid.CreateVersion7();
        var pfn = Pfn.Of(guid);
        // Which of them it goes to is decided when its bytes come; the address of any serves.
        var first = elements.First;
        return new WriteTicket(guid, first.Name, pfn, first.UrlOf(pfn), tokens.SignTicket(viewer.Name, StorageRules.CreateScope(pfn)));
    }

    /// <summary>Enters an upload. The storage element's own reckoning of it is compared; repeating the same is harmless.</summary>
    public void Register(Session session, Viewer viewer, RegisterFile request)
    {
        var path = Lfn.Parse(request.Path);
        if (tree.TryWalk(session, path, viewer, out _) is { } there && there.Guid == request.Guid && !there.IsDirectory
            && there.Content == request.Content) return;
        var parent = MustBeFree(session, viewer, path);
        var upload = desk.Find(session, request.Guid);
        if (upload is null || upload.Owner != viewer.Name || upload.Id != default)
            throw GridError.NotFound($"you have uploaded no file {request.Guid}", "Upload it first; uploads that are not registered for a day are removed.");
        if (!upload.Elements.Contains(request.Se) || upload.Pfn != request.Pfn || upload.Content != request.Content)
            throw GridError.Corrupt(
                $"the storage element has {upload.Content.Size} bytes with SHA-256 {upload.Content.Sha256}, not what is to be registered as {path}",
                "Upload it again.");
        EntryTable.Insert(session, new EntryRow
        {
            Id = 0, Parent = parent.Id, Name = path.Name, Type = "f", Owner = viewer.Name, Group = viewer.Name, Permissions = PermissionRules.NewFile,
            Size = upload.Content.Size, Sha256 = upload.Content.Sha256, Guid = upload.Guid, CreatedAt = clock.GetUtcNow(),
        });
        ReplicaTable.Insert(session, upload);
        UploadDesk.Accept(session, upload.Guid);
    }

    private EntryRow MustBeFree(Session session, Viewer viewer, Lfn path)
    {
        if (path == Lfn.Root) throw GridError.Invalid("a file needs a name");
        var parent = tree.WalkToWrite(session, path.Parent, viewer);
        return EntryTable.Find(session, parent.Id, path.Name) is null
            ? parent
            : throw GridError.Exists($"{path} exists already", "Remove it first, or choose another name.");
    }

    private static void Check(Content content)
    {
        if (content.Size < 0 || content.Sha256.Length != 64 || content.Sha256.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            throw GridError.Invalid("a file's content is a size and the lower-case hexadecimal SHA-256");
    }
}
