using System.Collections.Concurrent;
using System.IO.Compression;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Staging;

/// <summary>
/// Brings one input to where agents find it: a small one into the stage area, a large one into the spool's cache. Every byte is
/// compared with the catalogue's checksum before it counts. All replicas are tried; an archive is fetched once for all its members.
/// At most so many transfers run at a time, so one slow file delays only the jobs that need it.
/// </summary>
internal sealed class Fetcher(StorageClient storage, StageArea area, SpoolCache cache) : IDisposable
{
    private readonly SemaphoreSlim _places = new(Limits.ParallelTransfers);
    private readonly ConcurrentDictionary<string, Task> _archives = new();

    /// <summary>True when it is in place already.</summary>
    public bool Has(Content content) => IsRider(content) ? area.Has(content.Sha256) : cache.Has(content);

    /// <summary>True for what rides in queue files.</summary>
    public static bool IsRider(Content content) => content.Size <= Limits.LargestRider;

    /// <summary>
    /// Leaves alone what is in place and whole. Throws GridError: Unavailable when trying again may help; otherwise the trouble of the last replica.
    /// </summary>
    public async Task Fetch(SourceFile source, string token, CancellationToken ct)
    {
        if (!IsRider(source.Content) && await IsWhole(source.Content, ct)) return;
        if (source.Member is { } member)
        {
            var archive = source.Archive ?? throw GridError.Invalid($"'{source.Lfn}' is a member of an archive that the catalogue does not describe");
            await FetchArchiveOnce(source, archive, token, ct);
            await Placed(() => Extract(source, archive, member, ct), ct);
        }
        else await Placed(() => Download(source.Replicas, source.Content, token, KeepInput(source.Content), ct), ct);
    }

    /// <summary>A file in the cache that somebody doubted, or of another size than it should have. Throws GridError when it cannot be read now.</summary>
    private async Task<bool> IsWhole(Content content, CancellationToken ct)
    {
        var errno = Errno.None;
        await Placed(
            () =>
            {
                errno = cache.Verify(content);
                return Task.CompletedTask;
            },
            ct);
        return errno == Errno.None || (errno == Errno.ENOENT ? false : throw errno.ToGridError("reading the spool's cache"));
    }

    private async Task FetchArchiveOnce(SourceFile source, Content archive, string token, CancellationToken ct)
    {
        if (area.Has(archive.Sha256)) return;
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _archives.GetOrAdd(archive.Sha256, mine.Task);
        if (running != mine.Task)
        {
            // The token ends the download itself, and with it this waiting.
            await running;
            return;
        }
        try
        {
            // Another may have brought it since we looked, and be gone from the list already.
            if (!area.Has(archive.Sha256))
                await Placed(() => Download(source.Replicas, archive, token, temporary => area.Keep(temporary, archive.Sha256), ct), ct);
            mine.SetResult();
        }
        catch (Exception e)
        {
            mine.SetException(e);
            // Whoever waits has it; when nobody does, it must not count as unobserved.
            _ = mine.Task.Exception;
            throw;
        }
        finally { _archives.TryRemove(archive.Sha256, out _); }
    }

    private async Task Download(IReadOnlyList<Replica> replicas, Content content, string token, Action<string> keep, CancellationToken ct)
    {
        GridError? last = null;
        foreach (var replica in replicas.SelectMany(replica => Enumerable.Repeat(replica, Limits.TriesPerReplica)))
        {
            var temporary = area.NewTemporary();
            try
            {
                await using (var file = area.Create(temporary)) await storage.Get(replica.Url, token, content, file, ct);
                keep(temporary);
                return;
            }
            // One replica that may come back outweighs another that is surely bad: then it is worth waiting.
            catch (GridError e) { last = last is { IsTransient: true } ? last : e; }
            catch (IOException e) { throw StageArea.Explain(e); }
            finally { area.Discard(temporary); }
        }
        throw last ?? GridError.NotFound("the catalogue knows no copy of it");
    }

    private async Task Extract(SourceFile source, Content archive, string member, CancellationToken ct)
    {
        var temporary = area.NewTemporary();
        try
        {
            using var zip = new ZipArchive(area.OpenRead(area.PathOf(archive.Sha256)), ZipArchiveMode.Read);
            var entry = zip.GetEntry(member) ?? throw GridError.NotFound($"its archive has no member '{member}'");
            if (entry.Length != source.Content.Size)
                throw GridError.Corrupt($"member '{member}' of its archive has {entry.Length} bytes, not {source.Content.Size}");
            await using (var unpacked = entry.Open())
            await using (var file = area.Create(temporary))
            {
                await unpacked.CopyToAsync(file, ct);
                file.Position = 0;
                var digest = Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(file, ct));
                if (digest != source.Content.Sha256) throw GridError.Corrupt($"member '{member}' of its archive has another checksum than the catalogue says");
            }
            KeepInput(source.Content)(temporary);
        }
        catch (Exception e) when (e is InvalidDataException or GridError { IsTransient: false })
        {
            // A crash may have left the archive torn: that is no verdict on the copy in the storage element.
            if (area.DropTorn(archive)) throw GridError.Unavailable("its archive was torn on the bridge's disk", "It is fetched again.", e);
            if (e is GridError) throw;
            throw new GridError(ErrorCode.Corrupt, $"its archive is no readable ZIP file: {e.Message}", null, e);
        }
        catch (IOException e) { throw StageArea.Explain(e); }
        finally { area.Discard(temporary); }
    }

    private Action<string> KeepInput(Content content) => temporary =>
    {
        if (IsRider(content)) area.Keep(temporary, content.Sha256);
        else
        {
            using var file = area.OpenRead(temporary);
            var put = cache.Put(content, file.Read);
            if (put.Errno != Errno.None) throw put.Errno.ToGridError("writing the spool's cache");
            if (put.Content != content) throw GridError.Unavailable("a staged file changed while it was copied to the spool's cache", "It is fetched again.");
        }
    };

    private async Task Placed(Func<Task> transfer, CancellationToken ct)
    {
        // Who has the place ends with the token: waiting needs none of its own.
        await _places.WaitAsync(CancellationToken.None);
        try
        {
            ct.ThrowIfCancellationRequested();
            await transfer();
        }
        finally { _places.Release(); }
    }

    public void Dispose() => _places.Dispose();
}
