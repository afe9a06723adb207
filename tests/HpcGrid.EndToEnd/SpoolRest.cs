using System.Text.Json;

namespace HpcGrid.EndToEnd;

/// <summary>What is left in a spool when all work is done, by the word of `hpcgrid spool check --idle`, as any operator gets it.</summary>
internal static class SpoolRest
{
    /// <summary>Waits until nothing is left but what living agents and the bridge have as long as they live.</summary>
    public static async Task AssertNothingIsLeft(Grid grid, TimeSpan bound)
    {
        IReadOnlyList<string> left = [];
        await Eventually.True(async () =>
        {
            left = await Look(grid);
            return left.Count == 0;
        }, bound, () => $"the spool to be tidy; left are {left.Count}: {string.Join(", ", left.Take(20))}");
    }

    private static async Task<IReadOnlyList<string>> Look(Grid grid)
    {
        var check = await Daemon.Run("hpcgrid", ["spool", "check", "--idle", "--wait", "0", "--json", grid.SpoolRoot], grid.Environment);
        if (check.Output.Length == 0) return [$"spool check says: {check.Error.Trim()}"];
        using var document = JsonDocument.Parse(check.Output);
        return [.. document.RootElement.GetProperty("suspicions").EnumerateArray()
            .Select(suspicion => $"{suspicion.GetProperty("path").GetString()}: {suspicion.GetProperty("what").GetString()}")];
    }
}
