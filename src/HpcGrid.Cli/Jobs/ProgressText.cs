using System.Globalization;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HpcGrid.Cli.Jobs;

/// <summary>A production's progress as a line for pipes, or as a live picture for terminals.</summary>
internal static class ProgressText
{
    /// <summary>"12 s  57 %  DONE 114  RUNNING 8  WAITING 78  9.8 jobs/s  about 8 s left". No colour, no movement.</summary>
    public static string Line(JobProgress progress, Pace pace)
    {
        var parts = new List<string> { Words.Duration(Elapsed(progress)), Percent(progress) };
        parts.AddRange(Ordered(progress).Select(state => $"{state.Key} {state.Value}"));
        parts.AddRange(Outlook(progress, pace));
        return string.Join("  ", parts);
    }

    /// <summary>Bar by state with legend, rate and estimated end, and what each node does.</summary>
    public static IRenderable Picture(JobProgress progress, Pace pace)
    {
        var bar = new BreakdownChart().FullSize();
        foreach (var (state, count) in Ordered(progress)) bar.AddItem(state, count, StateColours.Of(state));
        var head = string.Join(" · ", new[] { Percent(progress), Words.Duration(Elapsed(progress)) }.Concat(Outlook(progress, pace)));
        var rows = new List<IRenderable> { new Markup($"[bold]job {progress.Job}[/]  {Markup.Escape(head)}"), bar };
        if (progress.Nodes.Count > 0) rows.Add(Nodes(progress.Nodes));
        return new Rows(rows);
    }

    private static Table Nodes(IReadOnlyList<NodeProgress> nodes)
    {
        var table = new Table().NoBorder().AddColumn("[dim]node[/]").AddColumn(new TableColumn("[dim]running[/]").RightAligned())
            .AddColumn(new TableColumn("[dim]ended[/]").RightAligned()).AddColumn("");
        foreach (var node in nodes.Take(Limits.NodesShown))
            table.AddRow(Markup.Escape(Words.Printable(node.Node)), Words.Number(node.Running), Words.Number(node.Ended),
                $"[blue]{new string('■', Math.Min(node.Running, Limits.NodesShown))}[/]");
        if (nodes.Count > Limits.NodesShown)
            table.AddRow($"[dim]and {nodes.Count - Limits.NodesShown} more[/]", Words.Number(nodes.Skip(Limits.NodesShown).Sum(node => node.Running)),
                Words.Number(nodes.Skip(Limits.NodesShown).Sum(node => node.Ended)), "");
        return table;
    }

    private static IEnumerable<string> Outlook(JobProgress progress, Pace pace)
    {
        if (Pace.IsOver(progress)) yield break;
        if (pace.Rate is { } rate) yield return string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} jobs/s");
        if (pace.Left is { } left && left > TimeSpan.Zero) yield return $"about {Words.Duration(left)} left";
    }

    private static TimeSpan Elapsed(JobProgress progress) => (progress.EndedAt ?? progress.Now) - progress.SubmittedAt;

    private static string Percent(JobProgress progress) =>
        Pace.Total(progress) == 0 ? "0 %" : $"{100L * Pace.Ended(progress) / Pace.Total(progress)} %";

    private static IEnumerable<KeyValuePair<string, int>> Ordered(JobProgress progress) =>
        progress.States.Where(state => state.Value > 0).OrderBy(state => StateColours.Order(state.Key)).ThenBy(state => state.Key,
            StringComparer.Ordinal);
}
