using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Files;

/// <summary>Copies files and whole directories between this machine and the catalogue, a few at a time, all verified.</summary>
internal sealed class TreeCopy(Session session, TransferMeter meter, bool recursive, bool replace, StorageWish? wish = null)
{
    /// <summary>From the catalogue. Into the target when that is a directory, otherwise under its name.</summary>
    public async Task Down(Lfn from, string target, CancellationToken ct)
    {
        var entry = (await session.Ask(new StatEntry(from.Path), ct)).Entry;
        if (Directory.Exists(target) || target.EndsWith('/')) target = Path.Combine(target, from.Name);
        if (!CatalogueWalk.IsDirectory(entry)) { await DownAll([(from, target)], ct); return; }
        MustBeRecursive(from.Path);
        var files = new List<(Lfn, string)>();
        Directory.CreateDirectory(target);
        await foreach (var below in CatalogueWalk.Tree(session, from, ct))
        {
            var local = Path.Combine(target, below.Path[(from.Path.TrimEnd('/').Length + 1)..]);
            if (CatalogueWalk.IsDirectory(below)) Directory.CreateDirectory(local);
            else files.Add((Lfn.Parse(below.Path), local));
        }
        await DownAll(files, ct);
    }

    /// <summary>Files of the catalogue to their places here; the directories are made.</summary>
    public async Task DownAll(IReadOnlyList<(Lfn From, string To)> files, CancellationToken ct)
    {
        using var downloader = new Downloader(session, meter);
        foreach (var directory in files.Select(file =>
            Path.GetDirectoryName(Path.GetFullPath(file.To))!).Distinct()) Directory.CreateDirectory(directory);
        foreach (var file in files)
            if (File.Exists(file.To) && !replace) throw GridError.Exists($"'{file.To}' exists already", "Copy with --force to replace it.");
        await meter.Show(session, "fetching", files.Count, async () =>
        {
            // The next tickets are on their way while the files of the last ones are fetched.
            var chunks = files.Chunk(Limits.TicketsPerCall).ToList();
            var open = Open(0);
            for (var i = 0; i < chunks.Count; i++)
            {
                var tickets = await open;
                if (i + 1 < chunks.Count) open = Open(i + 1);
                await InParallel([.. chunks[i].Zip(tickets)], (one, token) => downloader.Fetch(one.First.From, one.First.To, one.Second, token), ct);
            }

            Task<IReadOnlyList<ReadTicket?>> Open(int chunk) => chunk < chunks.Count
                ? downloader.Open([.. chunks[chunk].Select(file => file.From)], ct)
                : Task.FromResult<IReadOnlyList<ReadTicket?>>([]);
        });
    }

    /// <summary>To the catalogue. Into the target when that is a directory, otherwise under its name.</summary>
    public async Task Up(string from, Lfn target, bool intoTarget, CancellationToken ct)
    {
        if (!Directory.Exists(from) && !File.Exists(from)) throw GridError.NotFound($"there is no '{from}' on this machine",
            "A path in the catalogue is written grid:PATH.");
        if (intoTarget || await IsDirectory(target,
            ct)) target = target.Child(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(from))));
        var uploader = new Uploader(session, meter, wish);
        if (!Directory.Exists(from)) { await meter.Show(session, "storing", 1, () => uploader.Store(from, target, replace, ct)); return; }
        MustBeRecursive(from);
        var files = new List<(string From, Lfn To)>();
        await session.Ask(new MakeDirectory(target.Path, Parents: true), ct);
        foreach (var path in Directory.EnumerateFileSystemEntries(from, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var lfn = Path.GetRelativePath(from, path).Split('/').Aggregate(target, (directory, name) => directory.Child(name));
            if (Directory.Exists(path)) await session.Ask(new MakeDirectory(lfn.Path, Parents: true), ct);
            else files.Add((path, lfn));
        }
        await meter.Show(session, "storing", files.Count, () =>
            InParallel(files, (file, token) => uploader.Store(file.From, file.To, replace, token), ct));
    }

    /// <summary>
    /// Within the catalogue: a second entry for the same bytes. Members of archives are fetched and stored, because they live as long as their
    /// archive.
    /// </summary>
    public async Task Across(Lfn from, Lfn target, bool intoTarget, CancellationToken ct)
    {
        var entry = (await session.Ask(new StatEntry(from.Path), ct)).Entry;
        if (intoTarget || await IsDirectory(target, ct)) target = target.Child(from.Name);
        if (from.Covers(target)) throw GridError.Invalid($"{from} cannot be copied into itself", "Name another target.");
        if (!CatalogueWalk.IsDirectory(entry)) { await AcrossAll([(entry, target)], ct); return; }
        MustBeRecursive(from.Path);
        var files = new List<(Entry From, Lfn To)>();
        await session.Ask(new MakeDirectory(target.Path, Parents: true), ct);
        await foreach (var below in CatalogueWalk.Tree(session, from, ct))
        {
            var to = below.Path[(from.Path.TrimEnd('/').Length + 1)..].Split('/').Aggregate(target, (directory, name) => directory.Child(name));
            if (CatalogueWalk.IsDirectory(below)) await session.Ask(new MakeDirectory(to.Path, Parents: true), ct);
            else files.Add((below, to));
        }
        await AcrossAll(files, ct);
    }

    private async Task AcrossAll(IReadOnlyList<(Entry From, Lfn To)> files, CancellationToken ct)
    {
        var scratch = Directory.CreateTempSubdirectory("hpcgrid-cp-").FullName;
        using var downloader = new Downloader(session, new TransferMeter());
        var uploader = new Uploader(session, meter, wish);
        try
        {
            await meter.Show(session, "copying", files.Count, () => InParallel(files, async (file, token) =>
            {
                if (file.From.Type == "m")
                {
                    var local = Path.Combine(scratch, Guid.NewGuid().ToString("N"));
                    await downloader.Fetch(Lfn.Parse(file.From.Path), local, given: null, token);
                    await uploader.Store(local, file.To, replace, token);
                    File.Delete(local);
                    return;
                }
                if (replace && await Exists(file.To, token)) await session.Ask(new RemoveEntry(file.To.Path, false), token);
                await session.Ask(new CopyEntry(file.From.Path, file.To.Path), token);
                meter.FileDone();
            }, ct));
        }
        finally { Directory.Delete(scratch, recursive: true); }
    }

    private async Task<bool> Exists(Lfn path, CancellationToken ct)
    {
        try { return !CatalogueWalk.IsDirectory((await session.Ask(new StatEntry(path.Path), ct)).Entry); }
        catch (GridError e) when (e.Code == ErrorCode.NotFound) { return false; }
    }

    private async Task<bool> IsDirectory(Lfn path, CancellationToken ct)
    {
        try { return CatalogueWalk.IsDirectory((await session.Ask(new StatEntry(path.Path), ct)).Entry); }
        catch (GridError e) when (e.Code == ErrorCode.NotFound) { return false; }
    }

    private void MustBeRecursive(string path)
    {
        if (!recursive) throw GridError.Invalid($"'{path}' is a directory", "Copy it with all that is in it: hpcgrid cp -r.");
    }

    private static Task InParallel<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> copy, CancellationToken ct) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Limits.ParallelTransfers, CancellationToken = ct },
            async (item, token) => await copy(item, token));
}
