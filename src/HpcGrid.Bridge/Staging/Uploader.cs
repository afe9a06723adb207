using HpcGrid.Bridge.Ledger;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Staging;

/// <summary>
/// Stores one output in a storage element: the nearest that takes it. What leaves the spool is compared with what the node reckoned, and
/// what the storage element has stored with both. Repeating it with the same GUID is harmless.
/// </summary>
internal sealed class Uploader(StorageClient storage, StageArea area, BridgeAgents agents) : IDisposable
{
    private readonly SemaphoreSlim _places = new(Limits.ParallelTransfers);

    /// <summary>Throws GridError: Unavailable when trying again may help; NotFound when the spool shows no such file; otherwise the last trouble.</summary>
    /// <param name="output">What to store.</param>
    /// <param name="bytes">Its bytes when the ledger has them; otherwise they are copied from the spool.</param>
    /// <param name="targets">Storage elements, nearest first.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<SavedOutput> Upload(PendingOutput output, byte[]? bytes, IReadOnlyList<StorageTarget> targets, CancellationToken ct)
    {
        // Who has the place ends with the token: waiting needs none of its own.
        await _places.WaitAsync(CancellationToken.None);
        try
        {
            ct.ThrowIfCancellationRequested();
            if (bytes is not null) return await Store(output, targets, () => new MemoryStream(bytes), ct);
            var copy = area.NewTemporary();
            try
            {
                Copy(output, copy);
                return await Store(output, targets, () => area.OpenRead(copy), ct);
            }
            catch (IOException e) { throw StageArea.Explain(e); }
            finally { area.Discard(copy); }
        }
        finally { _places.Release(); }
    }

    private async Task<SavedOutput> Store(PendingOutput output, IReadOnlyList<StorageTarget> targets, Func<Stream> open, CancellationToken ct)
    {
        GridError? last = null;
        foreach (var target in targets)
        {
            try
            {
                await using var from = open();
                var wish = output.Output.Wish is { } said ? StorageWish.Parse(said) : StorageWish.None;
                var stored = await storage.Put($"{target.Url.TrimEnd('/')}/{output.Output.Pfn}", output.Token, output.Output.Content, wish, from, ct);
                return output.Output with { Se = stored.Se is { Length: > 0 } se ? se : target.Se, Pfn = stored.Pfn, Content = stored.Content };
            }
            // One that may come back outweighs another that surely refuses.
            catch (GridError e) { last = last is { IsTransient: true } ? last : e; }
        }
        throw last ?? GridError.Unavailable("no storage element takes outputs");
    }

    /// <summary>The agent's directory may be live or fenced; the copy's checksum decides.</summary>
    private void Copy(PendingOutput output, string to)
    {
        if (!OutputName.TryParse(output.SpoolFile!, out var name)) throw GridError.Corrupt($"'{output.SpoolFile}' is no output's name");
        var found = Errno.ENOENT;
        foreach (var place in agents.FindPlaces(output.Agent).Items)
        {
            CopiedContent copied;
            using (var file = area.Create(to)) copied = agents.CopyOutput(place, name, file.Write);
            if (copied.Content == output.Output.Content) return;
            area.Discard(to);
            if (copied.Content is not null) throw GridError.Corrupt($"on the spool it is {copied.Content.Size} bytes with SHA-256 {copied.Content.Sha256}, "
                + $"the node wrote {output.Output.Content.Size} with {output.Output.Content.Sha256}");
            found = copied.Errno;
        }
        // Whether it is lost is for who counts how often it was nowhere.
        if (agents.HasOutput(output.Agent, name) == false) throw GridError.NotFound($"'{output.SpoolFile}' of agent {output.Agent} is nowhere on the spool");
        throw GridError.Unavailable($"'{output.SpoolFile}' of agent {output.Agent} is not readable on the spool: {found.Describe()}");
    }

    public void Dispose() => _places.Dispose();
}
