using HpcGrid.Cli.Output;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Cli.Why;

/// <summary>Why jobs are stopped at a limit: what they asked for was not enough, or they did what they should not.</summary>
internal static class LimitCauses
{
    public static readonly WhyRule[] Rules =
    [
        new("ttl", f => Is(f, PayloadCause.TimeLimit), f => $"It was stopped because it ran longer than its TTL of {Asked(f, need => Time(need.TtlSeconds))}.",
            f => [$"Give it more time: TTL = {(f.Description?.Resources.TtlSeconds ?? 21600) * 2L}; (or --ttl)",
                "Is it slow or stuck? Compare its CPU time with its run time, and see the last lines: hpcgrid logs {J}",
                "Or give each job less to do."]),
        new("out-of-memory", f => Is(f, PayloadCause.OutOfMemory), f => $"The node ran out of memory and the system killed it{Used(f)}.",
            f => [$"Ask for what it needs, so that fewer share the node: MemorySize (it asked for {Memory(f)}).",
                "See where it grew: hpcgrid peek --processes while it runs."]),
        new("memory", f => Is(f, PayloadCause.MemoryLimit), f => $"It was stopped because it used more memory than it asked for: {f.Reason}.",
            f => [$"Ask for more: MemorySize (it asked for {Memory(f)}) (or --memory).", "All its processes count, pages they share once."]),
        new("disk", f => Is(f, PayloadCause.DiskLimit), f => $"It was stopped because its sandbox grew too large: {f.Reason}.",
            f => [$"Ask for more: WorkDirectorySize (it asked for {Asked(f, need => Words.Size(need.DiskMib * 1024 * 1024))}).",
                "Remove intermediate files while it runs."]),
        new("output-size", f => Is(f, PayloadCause.OutputLimit), f => $"It was stopped because it wrote too much to stdout or stderr: {f.Reason}.",
            _ => ["Write results into a file that is saved, not to stdout.", "Or raise MaxOutputSize in the description."]),
        new("processes", f => Is(f, PayloadCause.ProcessLimit), f => $"It was stopped because it had too many processes: {f.Reason}.",
            _ => ["Does it start one for each core of the node instead of each core it was given (CPUCores)?", "Or raise MaxProcesses in the description."]),
        new("idle", f => Is(f, PayloadCause.IdleLimit), f => $"It was stopped because it did nothing: {f.Reason}.",
            _ => ["It may wait for a lock, for input, or for a network that its node does not have.", "See its last lines: hpcgrid logs {J}",
                "Or raise MaxIdleTime."]),
        new("walltime", f => f.State.IsFailure() && Is(f, PayloadCause.Walltime), f => $"The batch job that ran it came to its end first: {f.Reason}.",
            _ => ["That costs no retry of yours. A TTL nearer to what it needs lets pilots choose better.", "Run it again: hpcgrid resubmit {J}"]),
    ];

    private static bool Is(WhyFacts facts, PayloadCause cause) => facts.State.IsFailure() && facts.State != JobState.Killed && facts.Payload?.Cause == cause;

    private static string Asked(WhyFacts facts, Func<Resources, string> say) =>
        facts.Description is { } description ? say(description.Resources) : "the description";

    private static string Time(int seconds) => Words.Duration(TimeSpan.FromSeconds(seconds));

    private static string Memory(WhyFacts facts) => Asked(facts, need => Words.Size(need.MemoryMib * 1024 * 1024));

    private static string Used(WhyFacts facts) => facts.Payload is { MaxRssKib: > 0 } payload ? $" when it had used {Words.Size(payload.MaxRssKib * 1024)}"
        : "";
}
