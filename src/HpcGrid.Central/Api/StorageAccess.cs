using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Storage;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Central.Api;

/// <summary>Whether a token serves for reading a file: it names the file, a path of it, or is for a job whose input it is.</summary>
public sealed class StorageAccess(CatalogueReads catalogue, Descriptions descriptions)
{
    public bool MayRead(Session session, JobToken token, Guid guid, string pfn) =>
        StorageRules.MayRead(token, pfn)
        || (UploadDesk.IsCurrent(session, token.AttemptId)
            && (IsInput(session, token, pfn) || catalogue.IsCovered(session, guid, path => StorageRules.MayRead(token, path))));

    /// <summary>The checksum of a file, registered or not; null when it is neither.</summary>
    public string? Sha256Of(Session session, Guid guid) => UploadTable.Find(session, guid)?.Content.Sha256 ?? catalogue.Sha256Of(session, guid);

    private bool IsInput(Session session, JobToken token, string pfn) =>
        StorageRules.MayReadInputs(token) && JobTable.Find(session, token.Job) is { } job && descriptions.Of(session, job).Reads(pfn);
}
