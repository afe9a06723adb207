using System.IO.Compression;
using HpcGrid.Cli.Output;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using Polly;
using Polly.Retry;

namespace HpcGrid.Cli.Files;

/// <summary>
/// Brings files of the catalogue to this machine. A file appears under its name only when size and SHA-256 are the catalogue's;
/// until then it is NAME.part. Members of an archive are taken out of the archive, which is fetched once for all of them.
/// </summary>
internal sealed class Downloader(Session session, TransferMeter meter) : IDisposable
{
    /// <summary>Repeats what failed for want of a connection: a restart of central in the middle of a thousand files ends nothing.</summary>
    public static readonly ResiliencePipeline Retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<GridError>(error => error.IsTransient),
        BackoffType = DelayBackoffType.Exponential, UseJitter = true, MaxRetryAttempts = 5,
        Delay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(10),
    }).Build();

    private readonly ArchiveShelf _archives = new(Limits.ArchivesKept);
    private readonly string _scratch = Directory.CreateTempSubdirectory("hpcgrid-cp-").FullName;

    /// <summary>Tickets for some files in one call, in their order; none of them when one cannot be had: asked for alone, each file then says itself why.</summary>
    public async Task<IReadOnlyList<ReadTicket?>> Open(IReadOnlyList<Lfn> paths, CancellationToken ct)
    {
        if (paths.Count == 1) return [null];
        try { return (await session.Ask(new OpenManyForReading([.. paths.Select(path => path.Path)]), ct)).Tickets; }
        catch (GridError) { return new ReadTicket?[paths.Count]; }
    }

    /// <summary>Fetches a file, verified; its content.</summary>
    /// <param name="path">In the catalogue.</param>
    /// <param name="target">On this machine.</param>
    /// <param name="given">Its ticket; null to ask for one. One that storage does not take, because it was kept for too long, is asked for again.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<Content> Fetch(Lfn path, string target, ReadTicket? given, CancellationToken ct)
    {
        if (Directory.Exists(target)) throw GridError.Exists($"'{target}' is a directory, not a file",
            "Name the file to write, or remove the directory.");
        var part = target + ".part";
        try
        {
            var ticket = given ?? await session.Ask(new OpenForReading(path.Path), ct);
            try { await Into(part, ticket, ct); }
            catch (GridError e) when (given is not null && e.Code is ErrorCode.Denied or ErrorCode.Unauthenticated)
            {
                ticket = await session.Ask(new OpenForReading(path.Path), ct);
                await Into(part, ticket, ct);
            }
            File.Move(part, target, overwrite: true);
            meter.FileDone();
            return ticket.Source.Content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(ErrorCode.Unavailable, $"'{target}' cannot be written: {e.Message}",
                "Check the directory's permissions and the free space.", e);
        }
        finally { File.Delete(part); }
    }

    /// <summary>Writes a file's bytes to a stream; throws GridError(Corrupt) at the end when they were not the catalogue's.</summary>
    public async Task CopyTo(Lfn path, Stream to, CancellationToken ct)
    {
        var ticket = await session.Ask(new OpenForReading(path.Path), ct);
        if (ticket.Source is { Member: null, Replicas: [var only] })
        {
            await session.Storage.Get(only.Url, ticket.Token, ticket.Source.Content, to, ct);
            return;
        }
        // What a bad copy has written to a pipe cannot be taken back: with several copies a good one is found first.
        var part = Path.Combine(_scratch, Guid.NewGuid().ToString("N"));
        if (ticket.Source.Member is null) await Copy(ticket, ticket.Source.Content, part, ct);
        else await FromArchive(ticket, part, ct);
        await using var from = File.OpenRead(part);
        await from.CopyToAsync(to, ct);
    }

    private Task Into(string part, ReadTicket ticket, CancellationToken ct) =>
        ticket.Source.Member is null ? Copy(ticket, ticket.Source.Content, part, ct).AsTask() : FromArchive(ticket, part, ct);

    private ValueTask Copy(ReadTicket ticket, Content expected, string part, CancellationToken ct) => Retry.ExecuteAsync(async token =>
    {
        long counted = 0;
        await FromAny(ticket.Source, async url =>
        {
            await using var to = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 1);
            await session.Storage.Get(url, ticket.Token, expected, to, token, bytes => { meter.Moved(bytes - counted); counted = bytes; });
        });
    }, ct);

    private Task FromArchive(ReadTicket ticket, string part, CancellationToken ct)
    {
        var archive = ticket.Source.Archive ?? throw GridError.Corrupt($"the catalogue does not say which archive holds {ticket.Source.Lfn}");
        return _archives.Read(archive.Sha256, async () =>
        {
            // A file of its own for every fetch: one that is forgotten may come again while the old one is being removed.
            var path = Path.Combine(_scratch, Guid.NewGuid().ToString("N"));
            await Copy(ticket, archive, path, ct);
            return path;
        }, file => Extract(file, ticket.Source, part, ct));
    }

    private static async Task Extract(string archive, SourceFile source, string part, CancellationToken ct)
    {
        try
        {
            await using var zip = await ZipFile.OpenReadAsync(archive, ct);
            var member = zip.GetEntry(source.Member!) ?? throw GridError.Corrupt($"the archive of {source.Lfn} has no member '{source.Member}'");
            await using var from = new HashingStream(await member.OpenAsync(ct));
            await using (var to = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 1)) await from.CopyToAsync(to, ct);
            if (from.Measured != source.Content)
                throw GridError.Corrupt($"{source.Lfn} is not what the catalogue says: {from.Measured} instead of {source.Content}");
        }
        catch (InvalidDataException e) { throw new GridError(ErrorCode.Corrupt, $"the archive of {source.Lfn} cannot be read: {e.Message}", null,
            e); }
    }

    /// <summary>Tries the copies in turn: one that is gone or damaged costs nothing but the look.</summary>
    private static async Task FromAny(SourceFile source, Func<string, Task> fetch)
    {
        GridError? last = null;
        foreach (var replica in source.Replicas)
        {
            try
            {
                await fetch(replica.Url);
                return;
            }
            // One that may come back outweighs another that is surely bad: then it is worth waiting.
            catch (GridError e) { last = last is { IsTransient: true } ? last : e; }
        }
        throw last ?? GridError.Unavailable($"{source.Lfn} has no copy anywhere");
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);
}
