using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Watch;

/// <summary>Bars of a production: by state, with its legend, and by node. Pure.</summary>
internal static class WatchBars
{
    /// <summary>One line over the whole width, with the share that has ended at its end.</summary>
    public static string Progress(JobProgress progress, int width)
    {
        var total = Math.Max(1, Pace.Total(progress));
        var room = Math.Max(1, width - 8);
        var bar = " ";
        var (counted, drawn) = (0L, 0);
        foreach (var (state, count) in Ordered(progress))
        {
            counted += count;
            // What is there is seen: a single failure among a hundred thousand too.
            var end = Math.Min(room, Math.Max(drawn + 1, (int)(counted * room / total)));
            if (end > drawn) bar += AnsiText.Coloured(Colour(state), new string(state == "WAITING" ? '░' : '█', end - drawn));
            drawn = Math.Max(drawn, end);
        }
        return bar + AnsiText.Bold($" {100L * Pace.Ended(progress) / total,3} %");
    }

    /// <summary>How far a production is, for one cell: a short bar, the share that has ended, and how many failed.</summary>
    public static string Short(IReadOnlyDictionary<string, int> children)
    {
        const int Room = 16;
        var total = Math.Max(1, children.Values.Sum());
        var failed = children.Where(state => JobText.IsFailed(state.Key)).Sum(state => state.Value);
        var done = children.Where(state => JobText.IsDone(state.Key)).Sum(state => state.Value);
        var bad = failed == 0 ? 0 : Math.Max(1, (int)((long)failed * Room / total));
        var good = done + failed == total ? Room - bad : Math.Min(Room - bad, (int)((long)done * Room / total));
        return AnsiText.Coloured(32, new string('█', good)) + AnsiText.Coloured(31, new string('█', bad)) + AnsiText.Dim(new string('░', Room - good - bad))
            + $" {100L * (done + failed) / total,3} % of {total}" + (failed > 0 ? AnsiText.Coloured(31, $", {failed} failed") : "");
    }

    public static string Legend(JobProgress progress) =>
        " " + string.Join("  ", Ordered(progress).Select(state => $"{AnsiText.Coloured(Colour(state.Key), "■")} {state.Value} {state.Key}"));

    /// <summary>As many nodes as fit into so many lines; the busiest first, the rest summed up.</summary>
    public static IEnumerable<string> Nodes(IReadOnlyList<NodeProgress> nodes, int width, int lines)
    {
        if (nodes.Count == 0 || lines < 1) yield break;
        const int Cell = 36;
        var columns = Math.Max(1, width / Cell);
        var room = columns * lines;
        var shown = nodes.OrderByDescending(node => node.Running).ThenByDescending(node => node.Ended).Take(nodes.Count > room ? room - 1 : room)
            .OrderBy(node => node.Node, StringComparer.Ordinal).Select(node => One(node, Cell)).ToList();
        if (nodes.Count > shown.Count)
            shown.Add(AnsiText.Dim($" and {nodes.Count - shown.Count} more nodes"));
        foreach (var line in shown.Chunk(columns)) yield return string.Concat(line);
    }

    private static string One(NodeProgress node, int width)
    {
        const int Name = 16;
        var running = AnsiText.Fit(node.Running <= 8 ? new string('■', node.Running) : $"■×{node.Running}", 8);
        var name = AnsiText.Fit(Words.Printable(node.Node), Name);
        return AnsiText.Fit($" {name} {AnsiText.Coloured(34, running)} {AnsiText.Dim(node.Ended + " ended")}", width);
    }

    private static IEnumerable<KeyValuePair<string, int>> Ordered(JobProgress progress) =>
        progress.States.Where(state => state.Value > 0).OrderBy(state => StateColours.Order(state.Key)).ThenBy(state => state.Key, StringComparer.Ordinal);

    private static int Colour(string state) => !JobStates.TryParse(state, out var known) ? 90
        : known.IsFailure() ? 31 : known.IsFinal() ? 32 : known switch
        {
            JobState.Saving or JobState.Saved => 36,
            JobState.Running => 34,
            JobState.Started => 94,
            JobState.Assigned => 33,
            JobState.Zombie => 35,
            _ => 90,
        };
}
