using HpcGrid.Central.Database;
using HpcGrid.Central.Storage;

namespace HpcGrid.Central.Catalogue;

/// <summary>Where copies of a file are: (storage element, PFN).</summary>
public static class ReplicaTable
{
    /// <summary>All copies of an upload.</summary>
    public static void Insert(Session session, Upload upload)
    {
        foreach (var se in upload.Elements)
            session.Execute("INSERT INTO replica (guid, se, pfn, size) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", upload.Guid.ToString("D"), se,
                upload.Pfn, upload.Content.Size);
    }

    public static List<(string Se, string Pfn)> Of(Session session, Guid guid) =>
        session.Query("SELECT se, pfn FROM replica WHERE guid = $1 ORDER BY se", reader => (reader.GetString(0), reader.GetString(1)), guid.ToString("D"));

    public static void Delete(Session session, Guid guid) => session.Execute("DELETE FROM replica WHERE guid = $1", guid.ToString("D"));
}
