using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Why;

/// <summary>One cause: when it applies, what to say, what to do. Commands in the advice name the job as J.</summary>
internal sealed record WhyRule(string Cause, Func<WhyFacts, bool> Applies, Func<WhyFacts, string> What, Func<WhyFacts, IEnumerable<string>> ToDo);

/// <summary>Why a job is as it is: the first rule of the table that applies. Pure.</summary>
internal static class WhyRules
{
    private static readonly WhyRule[] Table = [.. LimitCauses.Rules, .. FailureCauses.Rules, .. WaitingCauses.Rules];

    /// <summary>All causes, for the page that lists them and for tests.</summary>
    public static IEnumerable<string> Causes => Table.Select(rule => rule.Cause);

    public static Explanation Explain(WhyFacts facts)
    {
        var rule = Array.Find(Table, rule => rule.Applies(facts)) ?? throw new InvalidOperationException($"no rule explains {facts.State}");
        var line = facts.Line;
        var (of, lines) = LastLines(facts);
        return new Explanation(line.Job, line.Name, line.State, rule.Cause, rule.What(facts), [.. rule.ToDo(facts).Select(advice => Named(advice, line.Job))])
        {
            Attempt = line.Attempt,
            Site = line.Site ?? facts.Assignment?.Site,
            Node = line.Node,
            Workdir = facts.Ran?.Workdir,
            SubmittedAt = line.SubmittedAt,
            StartedAt = line.StartedAt,
            EndedAt = line.EndedAt,
            Payload = facts.Payload,
            LastLinesOf = of,
            LastLines = lines,
            Remarks = [.. facts.Alarms, .. facts.Notes.TakeLast(Limits.RemarksShown)],
            Sites = facts.State is JobState.Waiting or JobState.OverWaiting ? facts.Sites?.Sites ?? [] : [],
        };
    }

    /// <summary>The last lines of stderr when there are any, otherwise of stdout; none of what went well.</summary>
    private static (string? Of, IReadOnlyList<string> Lines) LastLines(WhyFacts facts)
    {
        if (facts.State is JobState.Done or JobState.DoneWarn) return (null, []);
        var (of, text) = facts.Log.StderrTail.AsSpan().Trim().Length > 0 ? ("stderr", facts.Log.StderrTail) : ("stdout", facts.Log.StdoutTail);
        List<string> lines = [.. text.TrimEnd().Split('\n').TakeLast(Limits.LastLines)];
        return lines is [""] ? (null, []) : (of, lines);
    }

    private static string Named(string advice, long job) => advice.Replace("{J}", job.ToString(System.Globalization.CultureInfo.InvariantCulture),
        StringComparison.Ordinal);
}
