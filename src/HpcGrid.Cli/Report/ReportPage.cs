using System.Globalization;
using System.Text;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Report;

/// <summary>The report as one page of well-formed HTML that needs nothing besides itself. Pure.</summary>
internal static class ReportPage
{
    public static string Of(ReportData data)
    {
        var page = new StringBuilder();
        var title = $"job {data.Top.Job}: {data.Top.Name}";
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>{Svg.Escape(title)}</title><style>{ReportStyle.Css}</style></head><body><main>
            <header><h1>{Svg.Escape(title)}</h1>
            <p class="quiet">of {Svg.Escape(data.Top.User)},
                submitted {Words.Time(data.Top.SubmittedAt)}; as of {Words.Time(data.Now)}</p></header>

            """);
        page.Append(Tiles(data)).Append(StateBar(data));
        Section(page, "Timeline by node", ReportCharts.Timeline(data), TimelineNote(data));
        Section(page, "Jobs ended, and running at the same time", ReportCharts.Throughput(data), null);
        Section(page, "What the jobs used", Usage(data), null);
        Section(page, "Failures by reason", Failures(data), null);
        Section(page, "Slowest jobs", data.Slowest.Count == 0 ? "" : Table(data.Slowest), null);
        Section(page, "Jobs", Table(data.Table), data.Jobs > data.Table.Count
            ? $"{data.Table.Count} of {data.Jobs} jobs, failed ones first. All of them: hpcgrid export {data.Top.Job}" : null);
        return page.Append("<footer class=\"quiet\">made by hpcgrid report</footer></main></body></html>\n").ToString();
    }

    private static void Section(StringBuilder page, string title, string content, string? note)
    {
        if (content.Length == 0) return;
        page.Append("<section><h2>").Append(Svg.Escape(title)).Append("</h2>");
        if (note is not null) page.Append("<p class=\"quiet\">").Append(Svg.Escape(note)).Append("</p>");
        page.Append(content).Append("</section>\n");
    }

    private static string Tiles(ReportData data)
    {
        var done = data.States.Where(state => JobText.IsDone(state.Key)).Sum(state => state.Value);
        var failed = data.States.Where(state => JobText.IsFailed(state.Key)).Sum(state => state.Value);
        var span = data.Spans.Count > 0 ? data.Spans.Max(one => one.To) : 0;
        List<(string Name, string Value, string Style)> tiles =
        [
            ("jobs", Count(data.Jobs), ""), ("done", Count(done), "good"), ("failed", Count(failed), failed > 0 ? "bad" : ""),
        ];
        if (data.Jobs - done - failed > 0) tiles.Add(("not ended", Count(data.Jobs - done - failed), ""));
        tiles.Add(("took", Words.Duration(TimeSpan.FromSeconds(span)), ""));
        if (span > 0) tiles.Add(("jobs per second", ((done + failed) / (double)span).ToString("0.##", CultureInfo.InvariantCulture), ""));
        tiles.Add(("nodes", Count(data.Nodes.Count), ""));
        if (data.WallSeconds > 0) tiles.Add(("CPU efficiency", Percent(data.CpuSeconds / (data.WallSeconds * data.Cores)), ""));
        if (data.NewAttempts > 0) tiles.Add(("new attempts", Count(data.NewAttempts), ""));
        return "<div class=\"tiles\">" + string.Concat(tiles.Select(tile =>
            $"<div class=\"tile\"><b class=\"{tile.Style}\">{Svg.Escape(tile.Value)}</b><span>{Svg.Escape(tile.Name)}</span></div>")) + "</div>\n";
    }

    private static string StateBar(ReportData data)
    {
        var ordered = data.States.OrderBy(state => StateColours.Order(state.Key)).ThenBy(state => state.Key, StringComparer.Ordinal).ToList();
        if (ordered.Count == 0) return "";
        var bar = string.Concat(ordered.Select(state =>
            $"<i class=\"{Style(state.Key)}\" style=\"flex-grow:{Svg.Number(state.Value)}\"></i>"));
        var legend = string.Concat(ordered.Select(state =>
            $"<span><i class=\"dot {Style(state.Key)}\"></i>{Count(state.Value)} {Svg.Escape(state.Key)}</span>"));
        return $"<div class=\"states\">{bar}</div><p class=\"legend\">{legend}</p>\n";
    }

    private static string? TimelineNote(ReportData data) => data.Nodes.Count > Limits.ReportNodes
        ? $"The {Limits.ReportNodes} busiest of {data.Nodes.Count} nodes."
        : data.Spans.Count > Limits.ReportSingleJobs ? "The darker, the more jobs at the same time; red where most of them failed."
            : "Each bar is a job; red ones failed.";

    private static string Usage(ReportData data)
    {
        if (data.Walls.Count == 0) return "";
        static string Seconds(double seconds) => Words.Duration(TimeSpan.FromSeconds(seconds));
        static string Kib(double kib) => Words.Size((long)(kib * 1024));
        var memory = data.Memories.Count > 0 ? Percent(Median(data.Memories) / (data.MemoryMib * 1024.0)) : "unknown";
        var rows = new (string, string)[]
        {
            ("wall time", $"{Seconds(data.WallSeconds)} in all, {Seconds(Median(data.Walls))} median, {Seconds(data.Walls.Max())} longest"),
            ("CPU time", $"{Seconds(data.CpuSeconds)} in all, {Percent(data.CpuSeconds / (data.WallSeconds * data.Cores))} of the cores' time"),
            ("memory", data.Memories.Count > 0 ? $"{Kib(Median(data.Memories))} median, {Kib(data.Memories.Max())} largest; {memory} of what was asked for"
                : "too little to be told"),
            ("spent on failures", $"{Seconds(data.LostSeconds)}, {Percent(data.WallSeconds > 0 ? data.LostSeconds / data.WallSeconds : 0)} of the wall time"),
        };
        var table = "<table class=\"facts\">" + string.Concat(rows.Select(row =>
            $"<tr><th>{row.Item1}</th><td>{Svg.Escape(row.Item2)}</td></tr>")) + "</table>";
        var pictures = Figure("how long they ran", ReportCharts.Histogram(data.Walls, Seconds, "wall time"))
            + Figure("most memory", ReportCharts.Histogram(data.Memories, Kib, "memory", data.MemoryMib * 1024.0));
        return table + "<div class=\"pair\">" + pictures + "</div>";
    }

    private static string Figure(string caption, string picture) => picture.Length == 0 ? "" : $"<figure>{picture}<figcaption>{caption}</figcaption></figure>";

    private static string Failures(ReportData data)
    {
        var groups = data.Failures.List();
        if (groups.Count == 0) return "";
        var most = groups.Max(group => group.Count);
        var rows = groups.Take(Limits.ReportFailures).Select(group =>
            $"<tr><td class=\"number\">{Count(group.Count)}</td>"
            + $"<td class=\"share\"><i style=\"width:{Svg.Number(Math.Max(1, 100.0 * group.Count / most))}%\"></i></td>"
            + $"<td>{Svg.Escape(group.State)}</td><td>{Svg.Escape(group.What)}</td><td class=\"number\">{Count(group.Nodes)}</td>"
            + $"<td class=\"number\">{string.Join(", ", group.Examples.Take(3))}</td></tr>");
        return "<div class=\"wide\"><table><thead><tr><th class=\"number\">jobs</th><th></th><th>state</th><th>reason</th><th class=\"number\">nodes</th>"
            + $"<th class=\"number\">for instance</th></tr></thead><tbody>{string.Concat(rows)}</tbody></table></div>"
            + (groups.Count > Limits.ReportFailures ? $"<p class=\"quiet\">and {groups.Count - Limits.ReportFailures} more reasons</p>" : "");
    }

    private static string Table(IReadOnlyList<JobLine> jobs)
    {
        static string Cell(string? text, string style = "") => $"<td class=\"{style}\">{Svg.Escape(text ?? "")}</td>";
        var rows = jobs.Select(job => "<tr>" + Cell(Words.Number(job.Job),
            "number") + $"<td><i class=\"dot {Style(job.State)}\"></i>{Svg.Escape(job.State)}</td>"
            + Cell(job.Name) + Cell(job.Node) + Cell(Words.Time(job.StartedAt), "time")
            + Cell(job.Payload is { } payload ? Words.Duration(TimeSpan.FromSeconds(payload.WallSeconds)) : "", "number")
            + Cell(job.Payload is { } used ? Words.Duration(TimeSpan.FromSeconds(used.CpuSeconds)) : "", "number")
            + Cell(job.Payload is { MaxRssKib: > 0 } sized ? Words.Size(sized.MaxRssKib * 1024) : "", "number")
            + Cell(job.Attempt > 1 ? Words.Number(job.Attempt) : "", "number") + Cell(AnsiText.Cut(JobText.Why(job), 200)) + "</tr>\n");
        return "<div class=\"wide\"><table><thead><tr><th class=\"number\">job</th><th>state</th><th>name</th><th>node</th><th>started</th>"
            + "<th class=\"number\">wall</th>"
            + "<th class=\"number\">CPU</th><th class=\"number\">memory</th><th class=\"number\">attempt</th><th>why</th></tr></thead>"
            + $"<tbody>{string.Concat(rows)}</tbody></table></div>";
    }

    private static string Style(string state) => JobText.IsFailed(state) ? "failed" : JobText.IsFinal(state) ? "done" : state is "RUNNING" or "SAVING"
        ? "active" : "idle";

    private static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Percent(double share) => double.IsFinite(share) ? share.ToString("0 %", CultureInfo.InvariantCulture) : "";

    private static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');
}
