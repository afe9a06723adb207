using System.Runtime.CompilerServices;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Files;

/// <summary>Looking through the catalogue page by page.</summary>
internal static class CatalogueWalk
{
    /// <summary>Entries of a directory, or the file itself.</summary>
    public static async IAsyncEnumerable<Entry> List(Session session, Lfn path, [EnumeratorCancellation] CancellationToken ct)
    {
        for (string? after = null; ;)
        {
            var page = await session.Ask(new ListDirectory(path.Path) { After = after }, ct);
            foreach (var entry in page.Entries) yield return entry;
            if (!page.More || page.Entries.Count == 0) yield break;
            after = Lfn.Parse(page.Entries[^1].Path).Name;
        }
    }

    /// <summary>Every entry below a directory, each directory before what is in it.</summary>
    public static async IAsyncEnumerable<Entry> Tree(Session session, Lfn directory, [EnumeratorCancellation] CancellationToken ct)
    {
        var pending = new Stack<Lfn>([directory]);
        while (pending.TryPop(out var next))
            await foreach (var entry in List(session, next, ct))
            {
                yield return entry;
                if (IsDirectory(entry)) pending.Push(Lfn.Parse(entry.Path));
            }
    }

    /// <summary>Entries below a directory whose name matches a pattern, in the order of a walk; central searches.</summary>
    public static async IAsyncEnumerable<Entry> Find(Session session, Lfn directory, string pattern, [EnumeratorCancellation] CancellationToken ct)
    {
        for (string? after = null; ;)
        {
            var page = await session.Ask(new FindEntries(directory.Path, pattern) { After = after }, ct);
            foreach (var entry in page.Entries) yield return entry;
            if (page.Next is null) yield break;
            after = page.Next;
        }
    }

    public static bool IsDirectory(Entry entry) => entry.Type == "d";
}
