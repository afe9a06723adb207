using HpcGrid.Cli.Files;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Jobs;

/// <summary>Brings all that a job, or a master's subjobs, saved into a folder, keeping the directories below their common one.</summary>
internal sealed class ResultFetcher(Session session, TransferMeter meter)
{
    /// <summary>Everything is verified against the catalogue. What is there already under a result's name is replaced.</summary>
    public async Task<CopyDocument> Fetch(long job, string folder, CancellationToken ct)
    {
        var files = await FilesOf(job, ct);
        var common = CommonDirectory(files);
        var targets = files.Select(file => (file, Path.Combine(folder, file.Path[(common.Path.TrimEnd('/').Length + 1)..]))).ToList();
        await new TreeCopy(session, meter, recursive: true, replace: true).DownAll(targets, ct);
        return new CopyDocument(meter.Files, meter.Bytes, Path.GetFullPath(folder));
    }

    /// <summary>The saved outputs' paths: of the job, or of all its subjobs, asked for in bulk.</summary>
    public async Task<IReadOnlyList<Lfn>> FilesOf(long job, CancellationToken ct)
    {
        var files = new List<Lfn>();
        for (string? after = null; ;)
        {
            var page = await session.Ask(new ListOutputs(job) { After = after }, ct);
            files.AddRange(page.Entries.Where(entry => !CatalogueWalk.IsDirectory(entry)).Select(entry => Lfn.Parse(entry.Path)));
            if (page.Next is null) return [.. files.Distinct().Order()];
            after = page.Next;
        }
    }

    /// <summary>The deepest directory that holds all of them; the root for none.</summary>
    public static Lfn CommonDirectory(IReadOnlyList<Lfn> files)
    {
        if (files.Count == 0) return Lfn.Root;
        var common = files[0].Parent;
        while (!files.All(common.Covers)) common = common.Parent;
        return common;
    }
}
