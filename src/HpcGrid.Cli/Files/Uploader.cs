using HpcGrid.Cli.Output;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli.Files;

/// <summary>
/// Puts files of this machine into the catalogue. Nothing is in the catalogue before the storage element has confirmed size and SHA-256; a
/// file that changes while it is read is refused.
/// </summary>
internal sealed class Uploader(Session session, TransferMeter meter, StorageWish? wish = null)
{
    /// <summary>Stores a file under a path that is free, or with replace instead of what is there. The same content again does nothing.</summary>
    public async Task<Content> Store(string file, Lfn path, bool replace, CancellationToken ct)
    {
        try
        {
            var content = await Measure(file, ct);
            if (replace && await IsThere(path, content, ct)) return content;
            await Downloader.Retry.ExecuteAsync(token => new ValueTask(Transfer(file, path, content, token)), ct);
            meter.FileDone();
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(e is FileNotFoundException or DirectoryNotFoundException ? ErrorCode.NotFound : ErrorCode.Denied,
                $"'{file}' cannot be read: {e.Message}",
                "Check the name and its permissions.", e);
        }
    }

    public static async Task<Content> Measure(string file, CancellationToken ct)
    {
        await using var from = new HashingStream(File.OpenRead(file));
        await from.CopyToAsync(Stream.Null, ct);
        return from.Measured;
    }

    private async Task Transfer(string file, Lfn path, Content content, CancellationToken ct)
    {
        var ticket = await session.Ask(new OpenForWriting(path.Path, content, wish?.ToString() ?? ""), ct);
        await using var from = File.OpenRead(file);
        long counted = 0;
        var stored = await session.Storage.Put(ticket.Url, ticket.Token, content, wish ?? StorageWish.None, from, ct,
            bytes => { meter.Moved(bytes - counted); counted = bytes; });
        await session.Ask(new RegisterFile(path.Path, ticket.Guid, content, stored.Se is { Length: > 0 } se ? se : ticket.Se, ticket.Pfn), ct);
    }

    /// <summary>True when the very content is there already; another file is removed, so that its name is free.</summary>
    private async Task<bool> IsThere(Lfn path, Content content, CancellationToken ct)
    {
        Entry there;
        try { there = (await session.Ask(new StatEntry(path.Path), ct)).Entry; }
        catch (GridError e) when (e.Code == ErrorCode.NotFound) { return false; }
        if (CatalogueWalk.IsDirectory(there)) throw GridError.Exists($"{path} is a directory", "Name the file in it.");
        if (there.Size == content.Size && there.Sha256 == content.Sha256) return true;
        await session.Ask(new RemoveEntry(path.Path, false), ct);
        return false;
    }
}
