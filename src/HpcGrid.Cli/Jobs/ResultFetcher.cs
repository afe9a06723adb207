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

    /// <summary>The saved outputs' paths: of the job, and of its subjobs.</summary>
    public async Task<IReadOnlyList<Lfn>> FilesOf(long job, CancellationToken ct)
    {
        var files = new List<Lfn>();
        var detail = await session.Ask(new DescribeJob(job), ct);
        if (detail.Line.Children is null) await Add(job, files, ct);
        else
            await foreach (var child in JobPages.All(session, new ListJobs { Master = job }, ct)) await Add(child.Job, files, ct);
        return [.. files.Distinct().Order()];
    }

    /// <summary>The deepest directory that holds all of them; the root for none.</summary>
    public static Lfn CommonDirectory(IReadOnlyList<Lfn> files)
    {
        if (files.Count == 0) return Lfn.Root;
        var common = files[0].Parent;
        while (!files.All(common.Covers)) common = common.Parent;
        return common;
    }

    private async Task Add(long job, List<Lfn> files, CancellationToken ct) =>
        files.AddRange((await session.Ask(new ReadLog(job), ct)).Files.Select(path => Lfn.Parse(path)));
}
