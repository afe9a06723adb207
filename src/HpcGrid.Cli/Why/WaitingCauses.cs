using HpcGrid.Cli.Output;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Why;

/// <summary>Why jobs wait, and what those do that have not ended.</summary>
internal static class WaitingCauses
{
    private const string Nodes = "See bridges and nodes: hpcgrid nodes";

    public static readonly WhyRule[] Rules =
    [
        new("master", f => f.Line.Children is not null, f => "Its subjobs carry the work.", _ => ["Follow them: hpcgrid watch {J}"]),
        new("held", f => f.State == JobState.Waiting && f.Detail.WaitsFor.Count > 0,
            f => $"It waits for {Few(f.Detail.WaitsFor)}, which must be DONE before it.",
            f => [$"See what that one does: hpcgrid why {f.Detail.WaitsFor[0]}"]),
        new("quota", f => f.State == JobState.OverWaiting, f => $"It waits because its owner is over a quota{Because(f)}.",
            _ => ["It goes on by itself when others of your jobs have ended.", "See your jobs: hpcgrid ps --active"]),
        new("no-bridge", f => f.State == JobState.Waiting && f.Sites is { Sites.Count: 0 }, _ => "It waits, and no site has offered anything yet.",
            _ => [Nodes, "Is a bridge running? On this machine: hpcgrid local up; otherwise ask the site's operator."]),
        new("no-match", f => f.State == JobState.Waiting && f.Sites is { Sites.Count: > 0 } sites && !sites.Sites.Any(site => site.Matches),
            f => $"It waits, and no site matches it: {f.Sites!.Sites[0].Reason ?? "no reason was told"}{(f.Sites.Sites.Count > 1 ? ", for instance" : "")}.",
            f => f.Sites!.Sites.Any(site => site.Reason?.Contains("TTL", StringComparison.Ordinal) == true)
                ? ["Its TTL does not fit into what is left of the batch jobs: ask for less (TTL), or for longer batch jobs (walltime in bridge.yaml).", Nodes]
                : ["Loosen Requirements or resources in the description, kill it (hpcgrid kill {J}) and submit it anew.", Nodes]),
        new("queued", f => f.State == JobState.Waiting,
            f => f.Sites is null ? $"It has waited for a free slot since {Words.Time(f.Since)}{Because(f)}."
                : $"It waits for a free slot; {f.Sites.Sites.Count(site => site.Matches)} of {f.Sites.Sites.Count} sites match.",
            _ => [Nodes, "See what is before it: hpcgrid ps --running, hpcgrid ps --waiting"]),
        new("lost-contact", f => f.State == JobState.Zombie, f =>
            $"Central has lost contact with bridge {f.Assignment?.Bridge ?? "(unknown)"}, which holds it.",
            _ => ["The job may well go on; its result comes when the bridge is back.", "After some time central gives it a new attempt by itself.", Nodes]),
        new("on-its-way", f => f.State == JobState.Assigned,
            f => $"Bridge {f.Assignment?.Bridge ?? "(unknown)"} has it since {Words.Time(f.Since)}; it waits for inputs or for a free node there.",
            _ => [Nodes, "See each step: hpcgrid trace {J}"]),
        new("starting", f => f.State == JobState.Started, f => $"Node {f.Line.Node} prepares its sandbox since {Words.Time(f.Since)}.", _ =>
            ["Wait a moment, then: hpcgrid logs -f {J}"]),
        new("running", f => f.State == JobState.Running, Runs,
            _ => ["See what it writes: hpcgrid logs -f {J}", "Look into its sandbox and at its processes: hpcgrid peek {J}, hpcgrid peek {J} --processes"]),
        new("saving", f => f.State is JobState.Saving or JobState.Saved or JobState.SavedWarn, f =>
            $"It has ended well on {f.Line.Node}; its outputs are on their way.",
            _ => ["See each step: hpcgrid trace {J}"]),
        new("before", _ => true, f => $"It is {f.Line.State} since {Words.Time(f.Since)}{Because(f)}.", _ => ["See each step: hpcgrid trace {J}"]),
    ];

    private static string Runs(WhyFacts facts)
    {
        var ran = facts.Now - facts.Since;
        var limit = facts.Description is { } description ? $" of at most {Words.Duration(TimeSpan.FromSeconds(description.Resources.TtlSeconds))}" : "";
        return $"It has been running on {facts.Line.Node} for {Words.Duration(ran)}{limit}.";
    }

    private static string Few(IReadOnlyList<long> jobs) =>
        (jobs.Count == 1 ? "job " : "jobs ") + string.Join(", ", jobs.Take(5)) + (jobs.Count > 5 ? $" and {jobs.Count - 5} more" : "");

    private static string Because(WhyFacts facts) => facts.Reason is { Length: > 0 } reason && reason != "submitted" ? $" ({reason})" : "";
}
