using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Report;

/// <summary>The report's pictures as SVG. Pure; each of bounded size whatever the number of jobs.</summary>
internal static class ReportCharts
{
    private const double Width = 1000;
    private const double Left = 130;
    private const int Bins = 160;

    /// <summary>One band for each node: single jobs while they can be told apart, otherwise how busy it was.</summary>
    public static string Timeline(ReportData data)
    {
        if (data.Spans.Count == 0) return "";
        var end = Math.Max(1, data.Spans.Max(span => span.To));
        var nodes = data.Nodes;
        var byNode = data.Spans.GroupBy(span => span.Node).OrderByDescending(node => node.Count()).Take(Limits.ReportNodes)
            .OrderBy(node => nodes[node.Key], StringComparer.Ordinal).ToList();
        var singly = data.Spans.Count <= Limits.ReportSingleJobs;
        var bands = byNode.Select(node => singly ? Lanes(node) : [[.. node]]).ToList();
        var lane = singly ? Math.Clamp(360.0 / Math.Max(1, bands.Sum(band => band.Count)), 2, 9) : 14;
        var height = bands.Sum(band => band.Count * lane + 7) + 34;
        var svg = new Svg().Open(Width, height, "timeline by node");
        Axis(svg, end, height - 26);
        var y = 4.0;
        for (var i = 0; i < bands.Count; i++)
        {
            var tall = bands[i].Count * lane;
            svg.Text(Left - 8, y + tall / 2 + 4, AnsiText.Cut(nodes[byNode[i].Key], 18), "end");
            svg.Rect(Left, y, Width - Left, tall, "ground");
            if (singly)
                for (var number = 0; number < bands[i].Count; number++)
                    foreach (var span in bands[i][number]) One(svg, span, end, y + number * lane, lane);
            else Busy(svg, bands[i][0], end, y, tall);
            y += tall + 7;
        }
        return svg.Close();
    }

    /// <summary>Jobs ended in each moment, and how many ran at the same time.</summary>
    public static string Throughput(ReportData data)
    {
        if (data.Spans.Count == 0) return "";
        const double Height = 190, Bottom = 160;
        var end = Math.Max(1, data.Spans.Max(span => span.To));
        var (done, failed, running) = (new double[Bins], new double[Bins], new double[Bins]);
        foreach (var span in data.Spans)
        {
            if (span.Kind != SpanKind.Active) (span.Kind == SpanKind.Failed ? failed : done)[Bin(span.To, end)]++;
            Spread(running, span, end);
        }
        var most = Math.Max(1, Enumerable.Range(0, Bins).Max(bin => done[bin] + failed[bin]));
        var busiest = Math.Max(1, running.Max());
        var step = (Width - Left) / Bins;
        var svg = new Svg().Open(Width, Height, "jobs ended and running over time");
        Axis(svg, end, Bottom);
        for (var bin = 0; bin < Bins; bin++)
        {
            var (x, good, bad) = (Left + bin * step, done[bin] / most * 140, failed[bin] / most * 140);
            if (good > 0) svg.Rect(x, Bottom - good, step - 0.6, good, "done");
            if (bad > 0) svg.Rect(x, Bottom - good - bad, step - 0.6, bad, "failed");
        }
        svg.Path(running.Select((value, bin) => (Left + (bin + 0.5) * step, Bottom - value / busiest * 140)), "curve");
        svg.Text(Left - 8, 24, $"{most:0} ended", "end").Text(Left - 8, 40, $"in {Words.Duration(TimeSpan.FromSeconds(end / Bins))}", "end");
        return svg.Text(Left - 8, 60, $"{Math.Ceiling(busiest):0} at once", "end", "label curve-label").Close();
    }

    /// <summary>How many values are how large, in steps that grow by half; empty for none.</summary>
    public static string Histogram(IReadOnlyList<double> values, Func<double, string> name, string label, double? mark = null)
    {
        if (values.Count == 0) return "";
        const double Half = 490, Height = 170, Bottom = 140;
        var (least, most) = (Math.Max(1e-3, values.Min()), Math.Max(1e-3, Math.Max(values.Max(), mark ?? 0)));
        var bins = Math.Clamp((int)Math.Ceiling(Math.Log(most / least, 1.5)) + 1, 1, 40);
        var ratio = Math.Pow(most / least, 1.0 / bins);
        int Of(double value) => bins == 1 || ratio <= 1 ? 0 : Math.Clamp((int)(Math.Log(Math.Max(value, least) / least) / Math.Log(ratio)), 0, bins - 1);
        var counts = new int[bins];
        foreach (var value in values) counts[Of(value)]++;
        var step = (Half - 20) / bins;
        var svg = new Svg().Open(Half, Height, label);
        for (var bin = 0; bin < bins; bin++)
            if (counts[bin] > 0)
            {
                var tall = Math.Max(2, (double)counts[bin] / counts.Max() * 110);
                svg.Rect(10 + bin * step, Bottom - tall, step - 1, tall, "bar",
                    $"{counts[bin]} jobs from {name(least * Math.Pow(ratio, bin))} to {name(least * Math.Pow(ratio, bin + 1))}");
            }
        svg.Line(10, Bottom, Half - 10, Bottom, "axis").Text(10, Bottom + 18, name(least)).Text(Half - 10, Bottom + 18, name(most), "end");
        if (mark is { } asked)
        {
            var x = 10 + (Of(asked) + 1) * step;
            svg.Line(x, 16, x, Bottom, "mark").Text(x - 5, 26, $"asked for {name(asked)}", "end");
        }
        return svg.Close();
    }

    private static void One(Svg svg, JobSpan span, double end, double y, double lane)
    {
        var (x, to) = (X(span.From, end), X(span.To, end));
        var style = span.Kind switch { SpanKind.Failed => "failed", SpanKind.Done => "done", _ => "active" };
        svg.Rect(x, y + 0.5, to - x, lane - 1, style, $"job {span.Job}: {Words.Duration(TimeSpan.FromSeconds(span.Seconds))}");
    }

    /// <summary>Jobs that ran at the same time lie above each other.</summary>
    private static List<List<JobSpan>> Lanes(IEnumerable<JobSpan> spans)
    {
        var lanes = new List<List<JobSpan>>();
        foreach (var span in spans.OrderBy(span => span.From))
        {
            var free = lanes.Find(lane => lane[^1].To <= span.From + 1e-3f);
            if (free is not null) free.Add(span);
            else if (lanes.Count < Limits.ReportLanes) lanes.Add([span]);
            else lanes[^1].Add(span);
        }
        return lanes;
    }

    private static void Busy(Svg svg, List<JobSpan> spans, double end, double y, double tall)
    {
        var (all, failed) = (new double[Bins], new double[Bins]);
        foreach (var span in spans)
        {
            Spread(all, span, end);
            if (span.Kind == SpanKind.Failed) Spread(failed, span, end);
        }
        var most = Math.Max(1, all.Max());
        for (var bin = 0; bin < Bins;)
        {
            // Neighbours that look the same are one.
            var (level, bad) = Level(bin);
            var to = bin + 1;
            while (to < Bins && Level(to) == (level, bad)) to++;
            if (level > 0) svg.Rect(Left + bin * (Width - Left) / Bins, y, (to - bin) * (Width - Left) / Bins, tall, $"{(bad ? "failed" : "done")} l{level}");
            bin = to;
        }
        (int Level, bool Bad) Level(int bin) => ((int)Math.Ceiling(all[bin] / most * 4), failed[bin] > all[bin] / 2);
    }

    /// <summary>Adds a span's share of each bin: how many jobs ran then on average.</summary>
    private static void Spread(double[] bins, JobSpan span, double end)
    {
        var size = end / Bins;
        for (var bin = Bin(span.From, end); bin <= Bin(span.To, end); bin++)
            bins[bin] += Math.Max(0, Math.Min(span.To, (bin + 1) * size) - Math.Max(span.From, bin * size)) / size;
    }

    private static int Bin(double seconds, double end) => Math.Clamp((int)(seconds / end * Bins), 0, Bins - 1);

    private static double X(double seconds, double end) => Left + seconds / end * (Width - Left);

    private static void Axis(Svg svg, double end, double y)
    {
        svg.Line(Left, y, Width, y, "axis");
        for (var part = 0; part <= 5; part++)
        {
            var x = Left + part / 5.0 * (Width - Left);
            svg.Line(x, y, x, y + 4, "axis");
            svg.Text(x, y + 18, part == 0 ? "0" : Words.Duration(TimeSpan.FromSeconds(end * part / 5)), part == 0 ? "start" : part == 5 ? "end" : "middle");
        }
    }
}
