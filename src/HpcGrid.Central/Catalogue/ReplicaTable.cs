using HpcGrid.Central.Database;

namespace HpcGrid.Central.Catalogue;

/// <summary>Where copies of a file are: (storage element, PFN).</summary>
public static class ReplicaTable
{
    public static void Insert(Session session, Guid guid, string se, string pfn) =>
        session.Execute("INSERT INTO replica (guid, se, pfn) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", guid.ToString("D"), se, pfn);

    public static List<(string Se, string Pfn)> Of(Session session, Guid guid) =>
        session.Query("SELECT se, pfn FROM replica WHERE guid = $1 ORDER BY se", reader => (reader.GetString(0), reader.GetString(1)), guid.ToString("D"));

    public static void Delete(Session session, Guid guid) => session.Execute("DELETE FROM replica WHERE guid = $1", guid.ToString("D"));
}
