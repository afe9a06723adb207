using System.Diagnostics.CodeAnalysis;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>
/// Finds entries below a directory by name, in the order of a walk: names ordinal, a directory before what is in it. Directories that the viewer
/// may not read are passed by. One answer costs at most <see cref="Limits.EntriesPerSearch"/> entries: then it says where to go on.
/// </summary>
public sealed class CatalogueSearch(CatalogueTree tree)
{
    /// <summary>Throws GridError: NotFound or Denied for the directory itself, Invalid for a place to go on that is not below it.</summary>
    public EntryList Find(Session session, Viewer viewer, FindEntries request)
    {
        var start = Lfn.Parse(request.Directory);
        var top = tree.Walk(session, start, viewer);
        if (!top.IsDirectory) throw GridError.Invalid($"{start} is a file, not a directory", "Name the directory to search.");
        PermissionRules.MustRead(viewer, top, start);
        PermissionRules.MustEnter(viewer, top, start);
        var limit = Math.Clamp(request.Limit, 1, Limits.PageSize);
        var found = new List<Entry>();
        var seen = 0;
        var open = Resume(session, viewer, start, top, request.After);
        while (open.TryPeek(out var level))
        {
            if (!level.TryNext(session, ref seen, out var row))
            {
                open.Pop();
                continue;
            }
            var path = level.Path.Child(row.Name);
            if (NamePattern.Matches(request.Pattern, row.Name)) found.Add(row.At(path));
            if (found.Count == limit || seen >= Limits.EntriesPerSearch) return new EntryList(found, true) { Next = path.Path };
            if (PermissionRules.MayLookInto(viewer, row)) open.Push(new Level(row.Id, path, ""));
        }
        return new EntryList(found, false);
    }

    /// <summary>The directories that are open at a place of the walk, the deepest on top.</summary>
    private static Stack<Level> Resume(Session session, Viewer viewer, Lfn start, EntryRow top, string? after)
    {
        var open = new Stack<Level>();
        var (directory, path) = (top, start);
        if (after is not null)
        {
            var place = Lfn.Parse(after);
            if (place == start || !start.Covers(place)) throw GridError.Invalid($"{place} is not below {start}", "Go on from where the last answer ended.");
            foreach (var name in place.Components[start.Components.Length..])
            {
                open.Push(new Level(directory.Id, path, name));
                path = path.Child(name);
                // What was removed since then is passed by; the walk goes on behind it.
                if (EntryTable.Find(session, directory.Id, name) is not { } next || !PermissionRules.MayLookInto(viewer, next)) return open;
                directory = next;
            }
        }
        open.Push(new Level(directory.Id, path, ""));
        return open;
    }

    /// <summary>A directory and its entries after a name, read in steps.</summary>
    private sealed class Level(long directory, Lfn path, string after)
    {
        private readonly Queue<EntryRow> _rows = new();
        private string _after = after;
        private bool _isRead;

        public Lfn Path => path;

        public bool TryNext(Session session, ref int seen, [NotNullWhen(true)] out EntryRow? row)
        {
            if (_rows.Count == 0 && !_isRead)
            {
                foreach (var next in EntryTable.Children(session, directory, _after, Limits.EntriesPerStep)) _rows.Enqueue(next);
                seen += _rows.Count + 1;
                _isRead = _rows.Count < Limits.EntriesPerStep;
                if (_rows.Count > 0) _after = _rows.Last().Name;
            }
            return _rows.TryDequeue(out row);
        }
    }
}
