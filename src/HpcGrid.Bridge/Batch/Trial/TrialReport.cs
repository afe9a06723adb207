using System.Text.Json.Serialization;

namespace HpcGrid.Bridge.Batch.Trial;

/// <summary>How a check went.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    Good,
    /// <summary>It works, but people should know.</summary>
    Remark,
    Failed,
}

/// <summary>One check of `batch test`.</summary>
/// <param name="Name">What was tried.</param>
/// <param name="Detail">What was seen, or what to do.</param>
internal sealed record TrialCheck(string Name, Verdict Verdict, string Detail);

/// <summary>What `batch test` has found, to attach to a report.</summary>
/// <param name="System">The adapter's system.</param>
/// <param name="Adapter">Its folder.</param>
/// <param name="Queue">The queue; empty for the default.</param>
/// <param name="Folder">Where scripts and outputs lie.</param>
internal sealed record TrialReport(string System, string Adapter, string Queue, string Folder, DateTimeOffset StartedAt, IReadOnlyList<TrialCheck> Checks)
{
    public bool Passed => Checks.All(check => check.Verdict != Verdict.Failed);
}

[JsonSerializable(typeof(TrialReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class TrialJson : JsonSerializerContext;
