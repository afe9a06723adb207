using System.Text.RegularExpressions;

namespace HpcGrid.EndToEnd.Real;

/// <summary>What may lie in a spool when all work is done.</summary>
internal static partial class SpoolFiles
{
    /// <summary>Waits until nothing is left but what living agents and the bridge have as long as they live.</summary>
    public static async Task AssertNothingIsLeft(Grid grid, TimeSpan bound)
    {
        IReadOnlyList<string> left = [];
        await Eventually.True(async () =>
        {
            left = await Task.Run(() => Unexplained(grid.SpoolRoot));
            return left.Count == 0;
        }, bound, () => $"the spool to be tidy; left are {left.Count}: {string.Join(' ', left.Take(20))}");
    }

    private static List<string> Unexplained(string root)
    {
        var left = new List<string>();
        var pending = new Stack<string>([root]);
        while (pending.TryPop(out var folder))
        {
            string[] entries;
            // Agents that are swept meanwhile.
            try { entries = Directory.GetFileSystemEntries(folder); }
            catch (IOException) { continue; }
            foreach (var entry in entries)
                if (Directory.Exists(entry)) pending.Push(entry);
                else if (!Explained().IsMatch(Path.GetRelativePath(root, entry))) left.Add(Path.GetRelativePath(root, entry));
        }
        return left;
    }

    // Sentinel, keys, epochs, canary, heartbeats, cached inputs; of an agent its card and its inbox.
    [GeneratedRegex(@"^(cluster\.id|keys/keys\.\d+\.json|bridge/(epoch|canary)\.[^/]+|hb/\d\d/[^./][^/]*|cache/[0-9a-f]{2}/[0-9a-f]{64}|agents/[^/]+/(live|fenced\.\d+)/(card\.json|in/(lease\.[^/]+|m\d+\.[^/]+)))$")]
    private static partial Regex Explained();
}
