using System.Globalization;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Cli.Why;

namespace HpcGrid.Cli.Watch;

/// <summary>The screen as lines, exactly as many as it is high. Pure.</summary>
internal static class WatchScreen
{
    private const int FewestRows = 4;

    /// <summary>Rows of the list or text at this size: what a page is.</summary>
    public static int Page(WatchModel model, int width, int height) => Math.Max(1, height - Head(model, width, height).Count - 2);

    public static IReadOnlyList<string> Draw(WatchModel model, int width, int height)
    {
        var head = Head(model, width, height);
        var rows = Math.Max(1, height - head.Count - 2);
        List<string> lines = [.. head, .. Body(model, width, rows).Take(rows)];
        while (lines.Count < height - 2) lines.Add("");
        lines.Add(Notice(model));
        lines.Add(Foot(model));
        return [.. lines.TakeLast(height).Select(line => AnsiText.Cut(line, width))];
    }

    private static List<string> Head(WatchModel model, int width, int height)
    {
        var lines = new List<string> { Title(model, width) };
        if (model.Place.View == WatchView.List && model.Data.Progress is { } progress)
        {
            lines.Add(WatchBars.Progress(progress, width));
            lines.Add(AnsiText.Sides(WatchBars.Legend(progress), Sparkline(model.Data), width));
            if (height >= 16) lines.AddRange(WatchBars.Nodes(progress.Nodes, width, Math.Min(4, height / 8)));
        }
        if (model.Place.View == WatchView.List)
        {
            if (height >= 12) lines.Add("");
            lines.Add(Tabs(model));
            lines.Add(AnsiText.Dim(Row(["JOB", "STATE", "NAME", "WHERE", "TIME", "WHAT"], width)));
        }
        // On a very low screen the jobs matter more than the picture.
        return lines.Count + 2 + FewestRows > height ? [lines[0], .. lines.TakeLast(height > FewestRows + 4 ? 2 : 0)] : lines;
    }

    private static string Title(WatchModel model, int width)
    {
        var data = model.Data;
        var what = model.Place.Job is not { } job ? AnsiText.Bold("my jobs")
            : AnsiText.Bold($"job {job}") + (data.Line is { } line ? $"  {Words.Printable(line.Name)}  {StateColours.Ansi(line.State, line.State)}" : "");
        if (model.Place.View == WatchView.Log) what += AnsiText.Dim(model.Stderr ? "  standard error" : "  standard output");
        if (model.Place.View == WatchView.Help) what = AnsiText.Bold("keys");
        var outlook = new List<string>();
        if (data.Progress is { } progress && model.Place.View == WatchView.List)
        {
            outlook.Add(Words.Duration((progress.EndedAt ?? progress.Now) - progress.SubmittedAt));
            if (data.IsOver) outlook.Add("all is over");
            else
            {
                if (data.Rate is { } rate) outlook.Add(string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} jobs/s"));
                if (data.Left is { } left && left > TimeSpan.Zero) outlook.Add($"about {Words.Duration(left)} left");
            }
        }
        return AnsiText.Sides(what, string.Join(AnsiText.Dim(" · "), outlook), width);
    }

    private static IEnumerable<string> Body(WatchModel model, int width, int rows) => model.Place.View switch
    {
        WatchView.List => List(model, width, rows),
        WatchView.Details => Scrolled(Details(model), model.Scroll, rows),
        WatchView.Log => LogEnd(model, rows),
        _ => Scrolled([.. WatchKeys.Help.Select(key => $"  {AnsiText.Bold(AnsiText.Fit(key.Keys, 16))} {key.Meaning}")], model.Scroll, rows),
    };

    private static IEnumerable<string> List(WatchModel model, int width, int rows)
    {
        var (jobs, selected) = (model.Data.Jobs, model.Place.Selected);
        if (jobs.Count == 0) return ["", AnsiText.Dim(model.Data.Trouble is null ? "  no such jobs" : "")];
        selected = Math.Clamp(selected, 0, jobs.Count - 1);
        var top = Math.Clamp(selected - rows / 2, 0, Math.Max(0, jobs.Count - rows));
        return jobs.Skip(top).Take(rows).Select((job, index) =>
        {
            var row = Row([Words.Number(job.Job), job.State, job.Name, job.Node ?? job.Site ?? "", JobText.Time(job), job.Children is null ? JobText.Why(job)
                : ""], width);
            if (job.Children is { Count: > 0 } children) row += WatchBars.Short(children);
            return top + index == selected ? AnsiText.Reversed(AnsiText.Fit(row, width)) : Paint(row, job.State);
        });
    }

    /// <summary>The columns give way from the right; on a narrow screen name and place are left out.</summary>
    private static string Row(string[] cells, int width)
    {
        int[] widths = width >= 90 ? [8, 10, 16, 18, 12] : width >= 60 ? [8, 10, 0, 14, 10] : [8, 10, 0, 0, 0];
        var row = " ";
        for (var i = 0; i < widths.Length; i++)
            if (widths[i] > 0) row += AnsiText.Fit(Words.Printable(cells[i]), widths[i]) + " ";
        return row + Words.Printable(cells[^1]);
    }

    private static string Paint(string row, string state)
    {
        var at = row.IndexOf(state, StringComparison.Ordinal);
        return at < 0 ? row : row[..at] + StateColours.Ansi(state, state) + row[(at + state.Length)..];
    }

    private static string Tabs(WatchModel model)
    {
        var counts = model.Data.Progress?.States;
        string Tab(WatchFilter filter, string name, string? group)
        {
            var number = counts is null ? "" : " " + Words.Number(counts.Where(state => group is null
                || JobStateGroups.Parse(group).Any(known => Core.Jobs.JobStates.Text(known) == state.Key)).Sum(state => state.Value));
            return model.Place.Filter == filter ? $"\e[1;4m{name}{AnsiText.Plain}{number}" : AnsiText.Dim($"{name}{number}");
        }
        return " " + string.Join("   ", Tab(WatchFilter.All, "all", null), Tab(WatchFilter.Running, "running", "running"),
            Tab(WatchFilter.Failed, "failed", "failed"), Tab(WatchFilter.Waiting, "waiting", "waiting"), Tab(WatchFilter.Done, "done", "done"));
    }

    private static List<string> Details(WatchModel model)
    {
        if (model.Data.Why is not { } why) return [AnsiText.Dim("  asking central …")];
        List<string> lines = ["", .. WhyText.Lines(why, styled: true).Skip(1), "", AnsiText.Dim("  step by step:")];
        lines.AddRange(Happenings.InReadingOrder(model.Data.Events).Select(seen =>
            $"  {AnsiText.Dim(Words.Time(seen.At))}  {seen.Key.Attempt}  {Words.Printable(Happenings.Describe(seen.What))}"));
        return lines;
    }

    private static IEnumerable<string> Scrolled(List<string> lines, int scroll, int rows) =>
        lines.Skip(Math.Clamp(scroll, 0, Math.Max(0, lines.Count - rows))).Take(rows);

    private static IEnumerable<string> LogEnd(WatchModel model, int rows)
    {
        var log = model.Data.Log;
        if (log.Count == 0) return [AnsiText.Dim("  nothing yet")];
        var end = Math.Max(Math.Min(rows, log.Count), log.Count - model.Scroll);
        return log.Take(end).TakeLast(rows).Select(line => Words.Printable(line));
    }

    private static string Sparkline(WatchData data)
    {
        const string Bars = "▁▂▃▄▅▆▇█";
        if (data.History.Count < 2 || data.History.Max() <= 0) return "";
        var most = data.History.Max();
        return AnsiText.Coloured(36, string.Concat(data.History.TakeLast(30).Select(rate => Bars[(int)Math.Round(rate / most * (Bars.Length - 1))])));
    }

    private static string Notice(WatchModel model) => model.Question switch
    {
        WatchQuestion.Kill => AnsiText.Coloured(31, $" kill job {model.Asked}? y/n"),
        WatchQuestion.Resubmit => AnsiText.Coloured(33, $" resubmit job {model.Asked}? y/n"),
        _ when model.Data.Trouble is { } trouble => AnsiText.Coloured(31, " " + Words.Printable(trouble)),
        _ => model.Message is { } message ? " " + Words.Printable(message) : "",
    };

    private static string Foot(WatchModel model) => AnsiText.Dim(model.Place.View switch
    {
        WatchView.List => " ↑↓ select  enter look  l log  a r f w d filter  x kill  s resubmit" + Back(model) + "  ? help  q quit",
        WatchView.Log => " ↑↓ scroll  tab stdout/stderr  x kill" + Back(model) + "  ? help  q quit",
        WatchView.Details => " ↑↓ scroll  l log  x kill  s resubmit" + Back(model) + "  ? help  q quit",
        _ => " esc back  q quit",
    });

    private static string Back(WatchModel model) => model.Above.Count > 0 ? "  esc back" : "";
}
