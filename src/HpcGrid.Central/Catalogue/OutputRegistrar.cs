using HpcGrid.Central.Database;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Catalogue;

/// <summary>
/// Enters the outputs of an attempt, all or none, in the transaction that ends the attempt. Each must be in the storage element as this very
/// attempt brought it (GUID, PFN, size, checksum); no name may be taken or lead out of the output directory.
/// </summary>
public sealed class OutputRegistrar(CatalogueTree tree, UploadDesk desk, TimeProvider clock)
{
    /// <summary>Null when all is entered; otherwise why nothing was. Says how many copies of the outputs are missing.</summary>
    public string? Register(Session session, AttemptId id, Viewer owner, Lfn directory, IReadOnlyList<SavedOutput> outputs, out int missing)
    {
        missing = 0;
        if (outputs.Count == 0) return null;
        try
        {
            var uploads = outputs.Select(output => Uploaded(session, id, output)).ToList();
            var planned = Plan(session, directory, outputs);
            session.Part(() =>
            {
                foreach (var parent in planned.Select(file => file.Path.Parent).Distinct()) tree.MakeDirectories(session, parent, owner);
                foreach (var file in planned) Insert(session, id, owner, file);
            });
            foreach (var upload in uploads)
            {
                ReplicaTable.Insert(session, upload);
                UploadDesk.Accept(session, upload.Guid);
            }
            missing = uploads.Sum(upload => upload.Missing);
        }
        catch (GridError e)
        {
            tree.Forget();
            return e.Message;
        }
        return null;
    }

    /// <summary>Where an output with this name goes. Throws GridError(Invalid) when that is not below the directory.</summary>
    public static Lfn PathOf(Lfn directory, string name) =>
        name.Split('/').Aggregate(directory, (path, component) => path.Child(component));

    /// <summary>All that can be wrong is found here, before anything is written.</summary>
    private List<PlannedFile> Plan(Session session, Lfn directory, IReadOnlyList<SavedOutput> outputs)
    {
        var planned = new List<PlannedFile>();
        foreach (var output in outputs)
        {
            var path = PathOf(directory, output.Name);
            planned.Add(new PlannedFile(path, output.Guid, output.Content, null));
            planned.AddRange(output.Members.Select(member => new PlannedFile(PathOf(path.Parent, member.Name), member.Guid, member.Content,
                output.Guid, member.Name)));
        }
        foreach (var twice in planned.GroupBy(file => file.Path).Where(group => group.Count() > 1))
            throw GridError.Exists($"two outputs are called {twice.Key}");
        foreach (var file in planned)
            if (tree.Find(session, file.Path) is not null) throw GridError.Exists($"{file.Path} exists already");
        return planned;
    }

    private Upload Uploaded(Session session, AttemptId id, SavedOutput output)
    {
        var upload = desk.Find(session, output.Guid);
        if (upload is null || upload.Id != id) throw GridError.NotFound($"output {output.Name} was not uploaded by attempt {id}");
        if (!upload.Elements.Contains(output.Se))
            throw GridError.Invalid($"output {output.Name} is in {string.Join(", ", upload.Elements)}, not in {output.Se}");
        if (upload.Pfn != output.Pfn || upload.Content != output.Content)
            throw GridError.Corrupt($"output {output.Name} is not what the storage element has: {upload.Content.Size} bytes, SHA-256 {upload.Content.Sha256}");
        return upload;
    }

    private void Insert(Session session, AttemptId id, Viewer owner, PlannedFile file)
    {
        var parent = tree.Find(session, file.Path.Parent) ?? throw new InvalidOperationException($"{file.Path.Parent} was made and is not there");
        PermissionRules.MustWrite(owner, parent, file.Path.Parent);
        EntryTable.Insert(session, new EntryRow
        {
            Id = 0, Parent = parent.Id, Name = file.Path.Name, Type = file.Archive is null ? "f" : "m", Owner = owner.Name, Group = owner.Name,
            Permissions = PermissionRules.NewFile, Size = file.Content.Size, Sha256 = file.Content.Sha256, Guid = file.Guid,
            CreatedAt = clock.GetUtcNow(), Job = id.Job, Archive = file.Archive, Member = file.Member,
        });
    }

    private sealed record PlannedFile(Lfn Path, Guid Guid, Content Content, Guid? Archive, string? Member = null);
}
