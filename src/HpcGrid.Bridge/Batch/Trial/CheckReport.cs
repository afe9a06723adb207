using System.Text.Json.Serialization;

namespace HpcGrid.Bridge.Batch.Trial;

/// <summary>What `batch check --json` says of a good adapter.</summary>
/// <param name="System">The system.</param>
/// <param name="Folder">The adapter's folder.</param>
/// <param name="Script">The script of a pilot.</param>
/// <param name="Files">Further files that are made for it.</param>
/// <param name="Remarks">What works and is hardly meant.</param>
internal sealed record CheckReport(string System, string Folder, string Script, IReadOnlyDictionary<string, string> Files, IReadOnlyList<string> Remarks);

[JsonSerializable(typeof(CheckReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class CheckJson : JsonSerializerContext;
