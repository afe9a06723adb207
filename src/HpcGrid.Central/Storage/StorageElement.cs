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
/// Central's own storage element: files on a local disk, and the books of those that nothing refers to yet. An upload is answered when
/// file and book entry are durable. Uploads that are never registered are removed (<see cref="StorageLoop"/>).
/// </summary>
public sealed class StorageElement(string name, LocalStore store, CentralDatabase database, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, bool> _underWay = new();

    /// <summary>"VO::SITE::NAME".</summary>
    public string Name { get; } = name;

    /// <summary>The files.</summary>
    public LocalStore Store { get; } = store;

    /// <summary>Where it is reached, relative to central.</summary>
    public string Url => "/se/" + Uri.EscapeDataString(Name);

    /// <summary>Where one file is reached, relative to central.</summary>
    public string UrlOf(string pfn) => $"{Url}/{pfn}";

    public Replica ReplicaOf(string pfn) => new(Name, pfn, UrlOf(pfn));

    /// <summary>
    /// Stores a file in the name of a token. The same again is answered as before; other content under a taken name is a Conflict.
    /// Throws GridError: Denied when the token does not permit it or its attempt is over.
    /// </summary>
    public async Task<StoredUpload> Put(JobToken token, string pfn, Content declared, Stream from, CancellationToken ct)
    {
        var guid = StorageRules.GuidOf(pfn);
        if (!StorageRules.MayStore(token, pfn)) throw GridError.Denied("the token does not permit to store this file", "Ask central for a new ticket.");
        if (!_underWay.TryAdd(guid, true)) throw GridError.Unavailable($"{pfn} is being uploaded by another request", "Try again in some seconds.");
        try { return await Put(token, guid, pfn, declared, from, ct); }
        finally { _underWay.TryRemove(guid, out _); }
    }

    /// <summary>Removes an upload that nobody registered, for whoever brought it; that it is gone already is fine.</summary>
    public Task Drop(JobToken token, string pfn) => database.Write(session =>
    {
        var upload = UploadTable.Find(session, StorageRules.GuidOf(pfn));
        if (upload is null)
        {
            if (!Store.Exists(pfn) || DeletionTable.Exists(session, Name, pfn)) return;
            throw GridError.Denied($"{pfn} is registered in the catalogue", "Remove it there.");
        }
        if (upload.Owner != token.Owner || upload.Id != token.AttemptId || !StorageRules.MayStore(token, pfn))
            throw GridError.Denied("the token does not permit to remove this file");
        Discard(session, upload);
    });

    /// <summary>The upload with its file, or null when one of them is not there.</summary>
    public Upload? Find(Session session, Guid guid) => UploadTable.Find(session, guid) is { } upload && Store.Exists(upload.Pfn) ? upload : null;

    /// <summary>Within a transaction that registers a file: it is no orphan any more.</summary>
    public void Accept(Session session, Guid guid) => UploadTable.Delete(session, guid);

    /// <summary>Within a transaction: the file goes, some time after the transaction.</summary>
    public void QueueDeletion(Session session, string se, string pfn) => DeletionTable.Insert(session, se, pfn, clock.GetUtcNow());

    /// <summary>Within a transaction: an upload that nobody will register goes.</summary>
    public void Discard(Session session, Upload upload)
    {
        UploadTable.Delete(session, upload.Guid);
        QueueDeletion(session, Name, upload.Pfn);
    }

    /// <summary>True for a user's ticket, and for an attempt that central still waits for.</summary>
    public static bool IsCurrent(Session session, AttemptId id) =>
        id.Job == 0 || (JobTable.Find(session, id.Job) is { } row && row.Attempt == id.Attempt && !row.State.IsFinal());

    private async Task<StoredUpload> Put(JobToken token, Guid guid, string pfn, Content declared, Stream from, CancellationToken ct)
    {
        var (upload, current) = database.Read(session => (UploadTable.Find(session, guid), IsCurrent(session, token.AttemptId)));
        if (!current) throw GridError.Denied($"attempt {token.AttemptId} is over; its outputs are not wanted any more", "Drop them.");
        if (Store.Exists(pfn))
        {
            if (upload?.Content == declared && upload.Id == token.AttemptId) return await Repeated(upload, from, ct);
            if (upload is null || upload.Content != declared || upload.Id.Job != token.Job)
                throw GridError.Conflict($"the storage element has another file {pfn}", "Names are made of new GUIDs and are never used twice.");
        }
        // The book entry comes first: after a crash in between, the sender's repetition finds no file and stores it.
        var stored = new Upload(guid, pfn, declared, token.AttemptId, token.Owner, clock.GetUtcNow());
        await Store.Put(pfn, declared, from, () => database.Write(session => UploadTable.Insert(session, stored)), ct);
        return new StoredUpload(pfn, declared);
    }

    private static async Task<StoredUpload> Repeated(Upload upload, Stream from, CancellationToken ct)
    {
        // The sender reads the answer only when its body was taken.
        await from.CopyToAsync(Stream.Null, ct);
        return new StoredUpload(upload.Pfn, upload.Content);
    }
}
