using HpcGrid.Cli.Output;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Jobs;

/// <summary>What happened to a job, in words.</summary>
internal static class Happenings
{
    /// <summary>
    /// As a reader expects it: attempt by attempt, offer by offer, and there along a job's way. No clock is asked, because those of
    /// nodes and bridges differ.
    /// </summary>
    public static IEnumerable<JobEvent> InReadingOrder(IEnumerable<JobEvent> events) =>
        events.OrderBy(happened => happened.Key.Attempt).ThenBy(happened => happened.Key.Branch).ThenBy(happened => Step(happened.What))
            .ThenBy(happened => happened.Key);

    private static int Step(Happening what) => what switch
    {
        Opened => 0,
        SplitUp => 1,
        MergeOrdered => 1,
        Assigned => 2,
        Requeued => 3,
        Started => 4,
        Running => 5,
        Saving => 7,
        Ended => 8,
        _ => 6,
    };

    public static string Describe(Happening what) => what switch
    {
        Opened opened => $"opened: {opened.Reason}" + Counts(opened),
        MergeOrdered => "all subjobs have ended; their outputs are merged",
        SplitUp split => $"split into {split.Subjobs} subjobs",
        Assigned assigned => $"assigned to bridge {assigned.Bridge} at {assigned.Site}",
        Requeued requeued => $"offered to the nodes again: {requeued.Reason}",
        Started started => $"taken by {started.Node} (agent {started.Agent})",
        Running running => $"running on {running.Node} in {running.Workdir}",
        Saving => "saving its outputs",
        Ended ended => Describe(ended),
        ContactChanged contact => contact.Lost ? "central lost contact with its bridge" : "its bridge is back",
        Noted noted => noted.IsAlarm is true ? "ALARM: " + noted.Text : noted.Text,
        _ => what.GetType().Name,
    };

    private static string Describe(Ended ended)
    {
        var text = ended.State.Text();
        if (ended.Reason is not null) text += $": {ended.Reason}";
        if (ended.Payload is { } payload)
        {
            var memory = payload.MaxRssKib > 0 ? $", {Words.Size(payload.MaxRssKib * 1024)} memory" : "";
            text += $" ({payload.Describe()}, {Words.Duration(TimeSpan.FromSeconds(payload.WallSeconds))}, "
                + $"CPU {Words.Duration(TimeSpan.FromSeconds(payload.CpuSeconds))}{memory})";
        }
        return ended.Outputs.Count > 0 ? $"{text}; saved {string.Join(", ", ended.Outputs.Select(output => output.Name))}" : text;
    }

    private static string Counts(Opened opened) => opened.ShallowCount + opened.DeepCount == 0
        ? ""
        : $" ({opened.ShallowCount} lost before the payload started, {opened.DeepCount} after)";
}
