using System.Text.Json;
using HpcGrid.Central.Database;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Broker;

/// <summary>The InputData of each subjob of a split over inputs; written with their description and never changed.</summary>
public static class PartDataTable
{
    public static void Insert(Session session, long description, int part, IReadOnlyList<DataFile> data) =>
        session.Execute("INSERT INTO part_data (description, part, data) VALUES ($1, $2, $3)", description, part, Text(data));

    public static IReadOnlyList<DataFile> Find(Session session, long description, int part) =>
        session.First("SELECT data FROM part_data WHERE description = $1 AND part = $2", reader => Read(reader.GetString(0)), description, part)
            ?? throw new InvalidOperationException($"part {part} of description {description} is missing");

    /// <summary>Characters of the longest row of a description: what its heaviest subjob takes.</summary>
    public static long Longest(Session session, long description) =>
        session.Number("SELECT MAX(LENGTH(data)) FROM part_data WHERE description = $1", description) ?? 0;

    /// <summary>As it is stored.</summary>
    public static string Text(IReadOnlyList<DataFile> data) => JsonSerializer.Serialize([.. data], GridJson.Default.ListDataFile);

    public static List<DataFile> Read(string text) => JsonSerializer.Deserialize(text, GridJson.Default.ListDataFile) ?? [];
}
