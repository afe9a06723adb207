using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Why;

/// <summary>An explanation as a page for people.</summary>
internal static class WhyText
{
    public static void Write(Explanation why, Terminal terminal)
    {
        foreach (var line in Lines(why, terminal.OutputIsLive)) terminal.Output.WriteLine(line);
    }

    /// <summary>The lines of the page; with style, the state in its colour and the sentence bold.</summary>
    public static IEnumerable<string> Lines(Explanation why, bool styled)
    {
        yield return $"job {why.Job} ({Words.Printable(why.Name)}) is {(styled ? StateColours.Ansi(why.State, why.State) : why.State)}";
        yield return styled ? $"  \e[1m{Words.Printable(why.What)}\e[0m" : $"  {Words.Printable(why.What)}";
        yield return "";
        foreach (var (name, text) in Facts(why)) yield return $"  {name,-9} {Words.Printable(text)}";
        foreach (var remark in why.Remarks) yield return $"  {"remark",-9} {Words.Printable(remark)}";
        foreach (var failure in why.Failures)
            yield return $"  {failure.Count,9} {failure.State}: {Words.Printable(failure.What)} (for instance job {failure.Examples[0]}; "
                + $"{failure.Nodes} {(failure.Nodes == 1 ? "node" : "nodes")})";
        foreach (var site in why.Sites.Take(Limits.SitesShown))
            yield return $"  {"site",-9} {Words.Printable(site.Ce)} {(site.Matches ? "matches" : "does not match: " + Words.Printable(site.Reason ?? ""))}";
        if (why.LastLinesOf is { } of)
        {
            yield return $"  the end of {of}:";
            foreach (var line in why.LastLines) yield return $"    | {Words.Printable(line)}";
        }
        yield return "";
        yield return "  What to do:";
        foreach (var advice in why.ToDo) yield return $"  - {Words.Printable(advice)}";
    }

    private static IEnumerable<(string Name, string Text)> Facts(Explanation why)
    {
        if (why.Node is { } node)
            yield return ("where", $"{node}{(why.Site is { } site ? $" at {site}" : "")}{(why.Workdir is { } folder ? $", in {folder}" : "")}");
        else if (why.Site is { } site) yield return ("where", site);
        yield return ("when", $"submitted {Words.Time(why.SubmittedAt)}"
            + (why.StartedAt is { } started ? $", started {Words.Time(started)}" : "") + (why.EndedAt is { } ended ? $", ended {Words.Time(ended)}" : ""));
        if (why.Attempt > 1) yield return ("attempt", Words.Number(why.Attempt));
        if (why.Payload is { } payload)
            yield return ("used", $"{Words.Duration(TimeSpan.FromSeconds(payload.WallSeconds))}, CPU {Words.Duration(TimeSpan.FromSeconds(payload.CpuSeconds))}"
                + (payload.MaxRssKib > 0 ? $", memory {Words.Size(payload.MaxRssKib * 1024)}" : "") + $"; {payload.Describe()}");
    }
}
