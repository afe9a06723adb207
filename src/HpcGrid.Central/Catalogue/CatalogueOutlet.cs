using System.Text;
using HpcGrid.Central.Database;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>
/// Small files that central itself reads and writes, in its own storage elements. A crash between bytes and entry leaves an upload that nobody
/// registered, which is removed as any other.
/// </summary>
public sealed class CatalogueOutlet(CentralDatabase database, CatalogueTree tree, CatalogueChanges changes, StorageElements elements, UploadDesk desk,
    TimeProvider clock)
{
    /// <summary>Stores bytes under a new path, as made by a job. Throws GridError: Exists when the path is taken, Denied.</summary>
    public async Task Write(Viewer owner, Lfn path, byte[] bytes, long job)
    {
        var upload = await desk.PutOwn(owner.Name, bytes);
        await database.Write(session => Enter(session, owner, path, upload, job));
    }

    /// <summary>A text file. Throws GridError: TooLarge, Invalid when it has no copy of its own here.</summary>
    public string ReadText(SourceFile file)
    {
        if (file.Content.Size > Core.Limits.LongestJdl) throw new GridError(ErrorCode.TooLarge, $"{file.Lfn} has {file.Content.Size} bytes");
        using var reader = new StreamReader(elements.Open(file), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Everything that a job made goes.</summary>
    public void Forget(Session session, long job) => changes.RemoveOutputsOf(session, job);

    private void Enter(Session session, Viewer owner, Lfn path, Upload upload, long job)
    {
        if (tree.Find(session, path) is not null) throw GridError.Exists($"{path} exists already", "Remove it first, or choose another name.");
        var parent = tree.MakeDirectories(session, path.Parent, owner);
        PermissionRules.MustWrite(owner, parent, path.Parent);
        EntryTable.Insert(session, new EntryRow
        {
            Id = 0, Parent = parent.Id, Name = path.Name, Type = "f", Owner = owner.Name, Group = owner.Name, Permissions = PermissionRules.NewFile,
            Size = upload.Content.Size, Sha256 = upload.Content.Sha256, Guid = upload.Guid, CreatedAt = clock.GetUtcNow(), Job = job,
        });
        ReplicaTable.Insert(session, upload);
        UploadDesk.Accept(session, upload.Guid);
    }
}
