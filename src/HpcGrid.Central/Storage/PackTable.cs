using HpcGrid.Central.Database;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Storage;

/// <summary>A small file's place: which pack, from which byte, how many bytes.</summary>
public readonly record struct PackPlace(long Pack, long Offset, int Size);

/// <summary>A small file in a pack.</summary>
public sealed record Packed(Guid Guid, PackPlace Place, string Sha256);

/// <summary>A pack: a file that holds many small ones.</summary>
/// <param name="Number">Its number, never given twice.</param>
/// <param name="Production">The master whose outputs it holds; 0 for everything else.</param>
/// <param name="Dead">Bytes of it that nothing names any more.</param>
public sealed record PackRow(long Number, long Production, long Dead);

/// <summary>Rows of packs and of what lies in them.</summary>
public static class PackTable
{
    public static PackRow Open(Session session, string se, long production)
    {
        var pack = new PackRow(CounterTable.Take(session, "pack"), production, 0);
        session.Execute("INSERT INTO pack (pack, se, production, dead) VALUES ($1, $2, $3, 0)", pack.Number, se, production);
        return pack;
    }

    public static List<PackRow> All(Session session, string se) =>
        session.Query("SELECT pack, production, dead FROM pack WHERE se = $1 ORDER BY pack", Read, se);

    /// <summary>The pack that a production's outputs went to last; null when it has none.</summary>
    public static PackRow? Newest(Session session, string se, long production) =>
        session.First("SELECT pack, production, dead FROM pack WHERE se = $1 AND production = $2 ORDER BY pack DESC LIMIT 1", Read, se, production);

    /// <summary>Packs with at least so many dead bytes.</summary>
    public static List<PackRow> Decayed(Session session, string se, long dead, int most) =>
        session.Query("SELECT pack, production, dead FROM pack WHERE se = $1 AND dead >= $2 ORDER BY dead DESC LIMIT $3", Read, se, dead, most);

    /// <summary>How long each pack is as far as anything in it is named.</summary>
    public static Dictionary<long, long> Ends(Session session, string se) =>
        session.Query("SELECT pack, MAX(place + size) FROM packed WHERE se = $1 GROUP BY pack",
            reader => (Pack: reader.GetInt64(0), End: reader.GetInt64(1)), se)
            .ToDictionary(row => row.Pack, row => row.End);

    public static void Close(Session session, long pack) => session.Execute("DELETE FROM pack WHERE pack = $1", pack);

    public static void Insert(Session session, string se, Packed file) => session.Execute(
        "INSERT INTO packed (guid, se, pack, place, size, sha256) VALUES ($1, $2, $3, $4, $5, $6)", file.Guid.ToString("D"), se, file.Place.Pack,
        file.Place.Offset, file.Place.Size, file.Sha256);

    public static Packed? Find(Session session, string se, Guid guid) =>
        session.First("SELECT guid, pack, place, size, sha256 FROM packed WHERE guid = $1 AND se = $2", ReadPacked, guid.ToString("D"), se);

    public static List<Packed> Of(Session session, long pack) =>
        session.Query("SELECT guid, pack, place, size, sha256 FROM packed WHERE pack = $1 ORDER BY place", ReadPacked, pack);

    /// <summary>Gives it another place unless it is gone; false when it is.</summary>
    public static bool Move(Session session, string se, Packed file, PackPlace to) =>
        session.Execute("UPDATE packed SET pack = $4, place = $5 WHERE guid = $1 AND se = $2 AND pack = $3", file.Guid.ToString("D"), se, file.Place.Pack,
            to.Pack, to.Offset) > 0;

    /// <summary>It is named no more; its bytes are dead. False when it is in no pack.</summary>
    public static bool Delete(Session session, string se, Guid guid)
    {
        if (Find(session, se, guid) is not { } file) return false;
        session.Execute("DELETE FROM packed WHERE guid = $1 AND se = $2", guid.ToString("D"), se);
        AddDead(session, file.Place);
        return true;
    }

    /// <summary>Bytes that were written and that nothing names.</summary>
    public static void AddDead(Session session, PackPlace place) =>
        session.Execute("UPDATE pack SET dead = dead + $2 WHERE pack = $1", place.Pack, place.Size);

    private static PackRow Read(Row reader) => new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));

    private static Packed ReadPacked(Row reader) => new(Guid.Parse(reader.GetString(0)),
        new PackPlace(reader.GetInt64(1), reader.GetInt64(2), (int)reader.GetInt64(3)), reader.GetString(4));
}
