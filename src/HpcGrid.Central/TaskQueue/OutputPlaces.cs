using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Whether outputs can be put into directories of the catalogue, asked for the subjobs of one submission: each directory is looked at once, and below one
/// that is not there nothing is, so that a million subjobs with directories of their own cost no million look-ups.
/// </summary>
internal sealed class OutputPlaces(CatalogueTree tree, Session session, Viewer owner)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _writable = new(StringComparer.Ordinal);

    /// <summary>Throws GridError when the owner cannot save outputs there, or when one of them is there already.</summary>
    public void MustTake(Lfn directory, IReadOnlyList<Lfn> outputs)
    {
        var deepest = directory;
        while (!Exists(deepest)) deepest = deepest.Parent;
        if (_writable.Add(deepest.Path) && !tree.WalkToWrite(session, deepest, owner).IsDirectory)
            throw GridError.Invalid($"the output directory {directory} is below a file");
        if (deepest != directory) return;
        foreach (var path in outputs)
            if (tree.Find(session, path) is not null) throw GridError.Exists($"the output {path} exists already", "Remove it, or choose another OutputDir.");
    }

    private bool Exists(Lfn path)
    {
        if (_known.TryGetValue(path.Path, out var known)) return known;
        return _known[path.Path] = path == Lfn.Root || (Exists(path.Parent) && tree.Find(session, path) is not null);
    }
}
