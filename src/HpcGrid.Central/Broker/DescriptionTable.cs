using System.Text.Json;
using HpcGrid.Central.Database;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Broker;

/// <summary>What was submitted, stored once for all its jobs.</summary>
/// <param name="Jdl">The canonical text.</param>
/// <param name="Sources">Programs and InputFile as the catalogue resolved them, in the order of the specification's inputs.</param>
public sealed record DescriptionRow(long Id, string Owner, string Title, int Priority, bool Repeatable, string Jdl, IReadOnlyList<SourceFile> Sources)
{
    /// <summary>InputData, when each job gets all of it.</summary>
    public IReadOnlyList<DataFile> Data { get; init; } = [];

    /// <summary>Each subjob has its own InputData (<see cref="PartDataTable"/>).</summary>
    public bool IsDivided { get; init; }
}

/// <summary>Rows of descriptions; never changed.</summary>
public static class DescriptionTable
{
    /// <summary>The number of the description with this digest, or null.</summary>
    public static long? Find(Session session, string digest) => session.Number("SELECT description FROM description WHERE digest = $1", digest);

    /// <summary>A new row; returns its number.</summary>
    public static long Insert(Session session, string digest, DescriptionRow row)
    {
        var id = CounterTable.Take(session, "description");
        session.Execute(
            "INSERT INTO description (description, digest, owner, title, priority, repeatable, jdl, sources, data, divided) " +
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            id, digest, row.Owner, row.Title, row.Priority, row.Repeatable ? 1 : 0, row.Jdl, SourcesText(row.Sources), PartDataTable.Text(row.Data),
            row.IsDivided ? 1 : 0);
        return id;
    }

    public static DescriptionRow? Find(Session session, long id) => session.First(
        "SELECT description, owner, title, priority, repeatable, jdl, sources, data, divided FROM description WHERE description = $1",
        reader => new DescriptionRow(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), (int)reader.GetInt64(3), reader.Flag(4), reader.GetString(5),
            JsonSerializer.Deserialize(reader.GetString(6), GridJson.Default.ListSourceFile) ?? [])
        { Data = PartDataTable.Read(reader.GetString(7)), IsDivided = reader.Flag(8) }, id);

    public static Dictionary<long, string> Titles(Session session, IReadOnlyCollection<long> ids) =>
        session.QueryMany("SELECT description, title FROM description WHERE description IN ({ids})", ids,
            reader => (Id: reader.GetInt64(0), Title: reader.GetString(1)))
            .DistinctBy(pair => pair.Id).ToDictionary(pair => pair.Id, pair => pair.Title);

    /// <summary>The inputs as they are stored.</summary>
    public static string SourcesText(IReadOnlyList<SourceFile> sources) => JsonSerializer.Serialize([.. sources], GridJson.Default.ListSourceFile);
}
