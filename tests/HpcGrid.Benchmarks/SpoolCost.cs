using System.Text.Json;

namespace HpcGrid.Benchmarks;

/// <summary>What a grid has asked of its shared filesystem so far: the bridge's own count plus each agent's.</summary>
internal sealed record SpoolCost(double Operations, double Fsyncs, double BytesWritten)
{
    /// <summary>Reads the bridge's status.json and the use.json of every agent beside its pilot's record.</summary>
    public static SpoolCost Of(LocalGrid grid)
    {
        var state = Path.Combine(grid.Home, "bridge");
        var total = new SpoolCost(0, 0, 0) + Read(Path.Combine(state, "status.json"), "spool");
        return Directory.EnumerateFiles(state, "use.json", SearchOption.AllDirectories).Aggregate(total, (sum, file) => sum + Read(file, null));
    }

    public static SpoolCost operator +(SpoolCost left, SpoolCost right) =>
        new(left.Operations + right.Operations, left.Fsyncs + right.Fsyncs, left.BytesWritten + right.BytesWritten);

    public static SpoolCost operator -(SpoolCost left, SpoolCost right) =>
        new(left.Operations - right.Operations, left.Fsyncs - right.Fsyncs, left.BytesWritten - right.BytesWritten);

    /// <summary>Counts as a bridge or an agent wrote them.</summary>
    public static SpoolCost Read(string file, string? part)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        var use = part is null ? document.RootElement : document.RootElement.GetProperty(part);
        return new SpoolCost(use.GetProperty("metadata").GetDouble(), use.GetProperty("syncs").GetDouble(), use.GetProperty("bytesWritten").GetDouble());
    }
}
