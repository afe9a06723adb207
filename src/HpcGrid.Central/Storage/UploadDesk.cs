using System.Collections.Concurrent;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Central.Storage;

/// <summary>
/// Takes files in: one stream becomes a copy in each chosen storage element, answered when all of them and the book entry that names them are durable.
/// Uploads that are never registered are removed (<see cref="StorageLoop"/>).
/// </summary>
public sealed class UploadDesk(StorageElements elements, CentralDatabase database, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, bool> _underWay = new();

    /// <summary>What is to be stored, as its sender says.</summary>
    /// <param name="Pfn">Its name, made of a new GUID.</param>
    /// <param name="Content">What its bytes must be.</param>
    /// <param name="Wish">Where copies are wanted.</param>
    /// <param name="Near">Which storage elements are near to the sender.</param>
    public sealed record Incoming(string Pfn, Content Content, StorageWish Wish, Nearness Near);

    /// <summary>
    /// Stores a file in the name of a token. The same again is answered as before; other content under a taken name is a Conflict.
    /// Throws GridError: Denied when the token does not permit it or its attempt is over, Unavailable when no storage element can take it.
    /// </summary>
    public async Task<StoredUpload> Put(JobToken token, Incoming incoming, Stream from, CancellationToken ct)
    {
        var guid = StorageRules.GuidOf(incoming.Pfn);
        if (!StorageRules.MayStore(token, incoming.Pfn))
            throw GridError.Denied("the token does not permit to store this file", "Ask central for a new ticket.");
        if (!_underWay.TryAdd(guid, true)) throw GridError.Unavailable($"{incoming.Pfn} is being uploaded by another request", "Try again in some seconds.");
        try { return await Put(token, guid, incoming, from, ct); }
        finally { _underWay.TryRemove(guid, out _); }
    }

    /// <summary>Stores central's own bytes for a person, near to nobody; answered as an upload that nobody has registered yet.</summary>
    public async Task<Upload> PutOwn(string owner, byte[] bytes)
    {
        var guid = Guid.CreateVersion7();
        var incoming = new Incoming(Pfn.Of(guid), Content.Of(bytes), StorageWish.None, Nearness.Nowhere);
        using var from = new MemoryStream(bytes);
        return await Store(new Upload(guid, incoming.Pfn, incoming.Content, default, owner, clock.GetUtcNow()), 0, incoming, from, default);
    }

    /// <summary>Removes an upload that nobody registered, for whoever brought it; that it is gone already is fine.</summary>
    public Task Drop(JobToken token, string pfn) => database.Write(session =>
    {
        var upload = UploadTable.Find(session, StorageRules.GuidOf(pfn));
        if (upload is null)
        {
            if (!elements.All.Any(element => element.Has(session, pfn) && !DeletionTable.Exists(session, element.Name, pfn))) return;
            throw GridError.Denied($"{pfn} is registered in the catalogue", "Remove it there.");
        }
        if (upload.Owner != token.Owner || upload.Id != token.AttemptId || !StorageRules.MayStore(token, pfn))
            throw GridError.Denied("the token does not permit to remove this file");
        Discard(session, upload);
    });

    /// <summary>The upload with all its copies, or null when one of them is not there.</summary>
    public Upload? Find(Session session, Guid guid) => UploadTable.Find(session, guid) is { } upload
        && PlacesOf(upload) is { Count: > 0 } places && places.All(se => elements.Find(se)?.Has(session, upload.Pfn) == true)
            ? upload with { Elements = places } : null;

    /// <summary>Within a transaction that registers a file: it is no orphan any more.</summary>
    public static void Accept(Session session, Guid guid) => UploadTable.Delete(session, guid);

    /// <summary>Within a transaction: an upload that nobody will register goes.</summary>
    public void Discard(Session session, Upload upload)
    {
        UploadTable.Delete(session, upload.Guid);
        foreach (var se in PlacesOf(upload)) DeletionTable.Insert(session, se, upload.Pfn, clock.GetUtcNow());
    }

    /// <summary>True for a user's ticket, and for an attempt that central still waits for.</summary>
    public static bool IsCurrent(Session session, AttemptId id) =>
        id.Job == 0 || (JobTable.Find(session, id.Job) is { } row && row.Attempt == id.Attempt && !row.State.IsFinal());

    private async Task<StoredUpload> Put(JobToken token, Guid guid, Incoming incoming, Stream from, CancellationToken ct)
    {
        var (upload, current, row, isThere) = database.Read(session => (UploadTable.Find(session, guid), IsCurrent(session, token.AttemptId),
            token.Job == 0 ? null : JobTable.Find(session, token.Job), elements.All.Any(element => element.Has(session, incoming.Pfn))));
        if (!current) throw GridError.Denied($"attempt {token.AttemptId} is over; its outputs are not wanted any more", "Drop them.");
        var sameAgain = upload?.Content == incoming.Content && upload.Id == token.AttemptId;
        if (isThere)
        {
            if (sameAgain && database.Read(session => Find(session, guid)) is { } whole) return await Repeated(whole, from, ct);
            if (upload is null || upload.Content != incoming.Content || upload.Id.Job != token.Job)
                throw GridError.Conflict($"the storage element has another file {incoming.Pfn}", "Names are made of new GUIDs and are never used twice.");
        }
        var stored = await Store(new Upload(guid, incoming.Pfn, incoming.Content, token.AttemptId, token.Owner, clock.GetUtcNow()), row?.Master ?? 0, incoming,
            from, ct);
        return new StoredUpload(stored.Pfn, stored.Content, stored.Elements[0]);
    }

    private async Task<Upload> Store(Upload upload, long production, Incoming incoming, Stream from, CancellationToken ct)
    {
        var size = upload.Content.Size;
        var placement = PlacementRules.Choose(incoming.Wish, elements.States, incoming.Near, size);
        if (placement.Chosen.Count == 0)
            throw GridError.Unavailable(
                $"no storage element can take it: {(placement.Refusals.Count > 0 ? string.Join("; ", placement.Refusals) : "none is left")}",
                "Make room or name another one; it is tried again.", new IOException("no storage element has room"));
        var chosen = placement.Chosen.Select(name => elements.Find(name)!).ToList();
        var stored = upload.Content.Size <= Limits.LargestPacked
            ? await StorePacked(upload, production, chosen, placement, from, ct)
            : await StoreFile(upload, chosen, placement, from, ct);
        foreach (var element in chosen.Where(element => stored.Elements.Contains(element.Name))) element.Took(size);
        return stored;
    }

    private async Task<Upload> StoreFile(Upload upload, List<StorageElement> chosen, Placement placement, Stream from, CancellationToken ct)
    {
        var named = upload;
        await LocalStore.Put([.. chosen.Select(element => element.Store)], upload.Pfn, upload.Content, from, stores =>
        {
            named = upload with
            {
                Elements = [.. chosen.Where(element => stores.Contains(element.Store)).Select(element => element.Name)],
                Missing = placement.Wanted - stores.Count,
            };
            // The book entry comes first: after a crash in between, the sender's repetition finds no file and stores it.
            return database.Write(session => UploadTable.Insert(session, named));
        }, ct);
        return named;
    }

    /// <summary>Here the bytes come first: nothing but the entry says where in a pack they are, and bytes without an entry are a hole.</summary>
    private async Task<Upload> StorePacked(Upload upload, long production, List<StorageElement> chosen, Placement placement, Stream from, CancellationToken ct)
    {
        var bytes = await ReadAll(upload.Content, from, ct);
        var copies = chosen.Select(element => (Element: element, Bytes: element.Packs.Append(production, bytes))).ToList();
        try
        {
            GridError? last = null;
            foreach (var (_, appending) in copies)
            {
                try { await appending; }
                catch (GridError e) { last = e; }
            }
            var good = copies.Where(copy => copy.Bytes.IsCompletedSuccessfully).ToList();
            if (good.Count == 0) throw last!;
            var stored = upload with { Elements = [.. good.Select(copy => copy.Element.Name)], Missing = placement.Wanted - good.Count };
            await database.Write(session =>
            {
                UploadTable.Insert(session, stored);
                foreach (var (element, appended) in good)
                {
                    PackTable.Delete(session, element.Name, upload.Guid);
                    PackTable.Insert(session, element.Name, new Packed(upload.Guid, appended.Result.Place, upload.Content.Sha256));
                }
            });
            return stored;
        }
        finally { foreach (var (_, appended) in copies.Where(copy => copy.Bytes.IsCompletedSuccessfully)) appended.Result.Dispose(); }
    }

    private static async Task<byte[]> ReadAll(Content declared, Stream from, CancellationToken ct)
    {
        var bytes = new byte[declared.Size + 1];
        var read = await from.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        var got = Content.Of(bytes.AsSpan(0, read));
        return got == declared ? bytes[..read] : throw GridError.Corrupt(
            $"the upload has {got.Size} bytes with SHA-256 {got.Sha256}, declared were {declared.Size} with {declared.Sha256}",
            "Nothing was stored. Was the file changed meanwhile? Upload it again.");
    }

    private IReadOnlyList<string> PlacesOf(Upload upload) => upload.Elements.Count > 0 ? upload.Elements : [elements.First.Name];

    private static async Task<StoredUpload> Repeated(Upload upload, Stream from, CancellationToken ct)
    {
        // The sender reads the answer only when its body was taken.
        await from.CopyToAsync(Stream.Null, ct);
        return new StoredUpload(upload.Pfn, upload.Content, upload.Elements[0]);
    }
}
