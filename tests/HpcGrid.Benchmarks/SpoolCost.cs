using System.Text.Json;

namespace HpcGrid.Benchmarks;

/// <summary>What a grid has asked of its shared filesystem so far: the bridge's own count plus each agent's.</summary>
/// <param name="Kinds">By party and kind of call.</param>
internal sealed record SpoolCost(double Operations, double Fsyncs, double BytesWritten, IReadOnlyDictionary<string, double> Kinds)
{
    public static SpoolCost Unknown { get; } = new(double.NaN, double.NaN, double.NaN, new Dictionary<string, double>());

    /// <summary>Reads the bridge's status.json and the use.json of every agent beside its pilot's record.</summary>
    public static SpoolCost Of(LocalGrid grid)
    {
        var state = Path.Combine(grid.Home, "bridge");
        var bridge = Read(Path.Combine(state, "status.json"), "spool", "bridge");
        return Directory.EnumerateFiles(state, "use.json", SearchOption.AllDirectories).Aggregate(bridge, (sum, file) => sum + Read(file, null, "agents"));
    }

    public static SpoolCost operator +(SpoolCost left, SpoolCost right) => Combined(left, right, 1);

    public static SpoolCost operator -(SpoolCost left, SpoolCost right) => Combined(left, right, -1);

    /// <summary>Counts as a bridge or an agent wrote them.</summary>
    public static SpoolCost Read(string file, string? part, string party)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        var use = part is null ? document.RootElement : document.RootElement.GetProperty(part);
        return new SpoolCost(use.GetProperty("metadata").GetDouble(), use.GetProperty("syncs").GetDouble(), use.GetProperty("bytesWritten").GetDouble(),
            use.GetProperty("operations").EnumerateObject().ToDictionary(kind => $"{party} {kind.Name}", kind => kind.Value.GetDouble()));
    }

    private static SpoolCost Combined(SpoolCost left, SpoolCost right, int sign) => new(
        left.Operations + sign * right.Operations, left.Fsyncs + sign * right.Fsyncs, left.BytesWritten + sign * right.BytesWritten,
        left.Kinds.Keys.Union(right.Kinds.Keys).ToDictionary(kind => kind, kind => left.Kinds.GetValueOrDefault(kind) + sign * right.Kinds.GetValueOrDefault(kind)));
}
