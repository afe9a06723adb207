namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads Dependencies = {{a, b}, {a, {b, c}}}: what stands second comes after what stands first. Refuses names that no node has and cycles,
/// and names the nodes of the cycle.
/// </summary>
internal sealed class DependencyReader(KeyReader keys, IReadOnlyList<string> names)
{
    private const string Example = "Write Dependencies = {{first, second}, {first, {third, fourth}}}; with the names of nodes.";
    private readonly Dictionary<string, int> _byName = names.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index,
        StringComparer.Ordinal);

    /// <summary>For each node the places of those before it, ascending, each once.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Read()
    {
        const int most = Limits.LongestCycleShown;
        var before = names.Select(_ => new SortedSet<int>()).ToList();
        if (keys.Document.Find("Dependencies") is { } entry)
        {
            foreach (var (pair, index) in Pairs(entry).Select((pair, index) => (pair, index))) AddPair(entry, entry.PlaceOfItem(index), pair, before);
            if (!keys.Faults.Any && Cycle(before) is { } cycle)
                keys.Wrong(entry, $"go in a circle: {string.Join(" → ", cycle.Count <= most ? cycle : [.. cycle.Take(most), "…"])}",
                    "Take one of these dependencies out.");
        }
        return [.. before.Select(set => (IReadOnlyList<int>)[.. set])];
    }

    private static IReadOnlyList<JdlValue> Pairs(JdlEntry entry) => entry.Value switch
    {
        JdlList list when list.Items.All(item => item is JdlList or JdlSet) => list.Items,
        JdlSet { Items.Count: 0 } => [],
        var one => [one],
    };

    private void AddPair(JdlEntry entry, TextPlace? place, JdlValue pair, List<SortedSet<int>> before)
    {
        IReadOnlyList<JdlValue> sides = pair switch
        {
            JdlList list => list.Items,
            JdlSet set => [.. set.Items.SelectMany(item => item.Split(',', StringSplitOptions.TrimEntries)).Select(item => new JdlString(item))],
            _ => [],
        };
        if (sides.Count != 2)
        {
            keys.Faults.Add(place ?? entry.ValuePlace, $"the dependency {Faults.Shown(pair.ToString())} is no pair", Example);
            return;
        }
        var (first, second) = (Nodes(sides[0], place), Nodes(sides[1], place));
        foreach (var node in second) before[node].UnionWith(first);
    }

    private List<int> Nodes(JdlValue side, TextPlace? place)
    {
        IReadOnlyList<string> named = side switch { JdlString text => [text.Text], JdlSet set => set.Items, _ => [side.ToString()] };
        var found = new List<int>();
        foreach (var name in named)
            if (_byName.TryGetValue(name, out var node)) found.Add(node);
            else keys.Faults.Add(place, $"the dependencies name {Faults.Shown(name)}, and no node is called so", Example);
        return found;
    }

    /// <summary>The names along a circle, the first again at the end; null when there is none.</summary>
    private List<string>? Cycle(List<SortedSet<int>> before)
    {
        var left = before.Select(set => set.Count).ToArray();
        var after = names.Select(_ => new List<int>()).ToList();
        for (var node = 0; node < before.Count; node++)
            foreach (var first in before[node]) after[first].Add(node);
        var free = new Queue<int>(Enumerable.Range(0, left.Length).Where(node => left[node] == 0));
        while (free.TryDequeue(out var node))
            foreach (var next in after[node])
                if (--left[next] == 0) free.Enqueue(next);
        var start = Array.FindIndex(left, count => count > 0);
        if (start < 0) return null;
        // Whoever is left has somebody before it who is left: going back must come to a node twice.
        var path = new List<int>();
        for (var node = start; ; node = before[node].First(one => left[one] > 0))
        {
            if (path.IndexOf(node) is >= 0 and var again) return [.. path[again..].Append(node).Reverse<int>().Select(one => names[one])];
            path.Add(node);
        }
    }
}
