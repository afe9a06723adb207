using HpcGrid.Central.Database;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Storage;

/// <summary>What a storage element holds.</summary>
/// <param name="Files">Registered files.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct ElementUse(long Files, long Bytes);

/// <summary>Storage elements that an admin made by command, in the order made; those of central.yaml stand there.</summary>
public static class ElementTable
{
    public static List<ElementSetting> All(Session session) =>
        session.Query("SELECT name, directory, kinds, site, capacity, read_only FROM storage_element ORDER BY made_at, name", Read);

    public static void Save(Session session, ElementSetting element, DateTimeOffset now) => session.Execute(
        "INSERT INTO storage_element (name, directory, kinds, site, capacity, read_only, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
        + "ON CONFLICT (name) DO UPDATE SET directory = $2, kinds = $3, site = $4, capacity = $5, read_only = $6",
        element.Name, element.Directory, string.Join(',', element.Kinds), element.Site, element.Capacity, element.ReadOnly ? 1 : 0,
        now.ToUnixTimeMilliseconds());

    public static void Delete(Session session, string name) => session.Execute("DELETE FROM storage_element WHERE name = $1", name);

    /// <summary>What is registered in each; reads all replicas, so not for every request.</summary>
    public static Dictionary<string, ElementUse> Use(Session session) =>
        session.Query("SELECT se, COUNT(*), SUM(size) FROM replica GROUP BY se",
            reader => (Se: reader.GetString(0), Use: new ElementUse(reader.GetInt64(1), reader.GetInt64(2)))).ToDictionary(row => row.Se, row => row.Use);

    /// <summary>True while the catalogue, an upload or a deletion under way needs it.</summary>
    public static bool IsUsed(Session session, string name) =>
        session.Number("SELECT 1 FROM replica WHERE se = $1 LIMIT 1", name) is not null
        || session.Number("SELECT 1 FROM upload WHERE ',' || ses || ',' LIKE '%,' || $1 || ',%' LIMIT 1", name) is not null
        || session.Number("SELECT 1 FROM deletion WHERE se = $1 LIMIT 1", name) is not null;

    private static ElementSetting Read(Row reader) => new()
    {
        Name = reader.GetString(0), Directory = reader.GetString(1), Kinds = reader.GetString(2).Split(',', StringSplitOptions.RemoveEmptyEntries),
        Site = reader.GetString(3), Capacity = reader.GetInt64(4), ReadOnly = reader.Flag(5),
    };
}
