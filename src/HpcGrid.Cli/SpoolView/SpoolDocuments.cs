using HpcGrid.Spool;

namespace HpcGrid.Cli.SpoolView;

/// <summary>An offer in the pool.</summary>
internal sealed record OfferLine(string Queue, string Directory, int Jobs, int Cores, long MemoryMib, int TtlSeconds, string Counters, long? Gang, long Bytes,
    double? AgeSeconds);

/// <summary>An agent's place in the spool.</summary>
/// <param name="State">"live", "draining", "full", "left", "fenced", "entering".</param>
/// <param name="Files">All files of it.</param>
internal sealed record AgentLine(string Agent, string Node, string State, long? Beat, int? IdleCores, long? Gang, int Claims, int Versions, int Outputs,
    int Messages, int Files,
    long Bytes, double? OldestSeconds);

/// <summary>Files of one kind that belong to no agent.</summary>
internal sealed record KindLine(string Kind, int Files, long Bytes, double? OldestSeconds);

/// <summary>What is in a spool now.</summary>
internal sealed record SpoolDocument(string Root, Guid Spool, int Shards, string Filesystem, double CachingBound, IReadOnlyList<OfferLine> Offers,
    IReadOnlyList<AgentLine> Agents, IReadOnlyList<KindLine> Others);

/// <summary>How old the files of one directory are.</summary>
/// <param name="Ages">Number of files by age, in the order of <see cref="AgeClasses.Names"/>.</param>
internal sealed record ShapeLine(string Directory, int Entries, long Bytes, IReadOnlyList<int> Ages);

/// <summary>The age histogram of a spool.</summary>
internal sealed record ShapeDocument(string Root, IReadOnlyList<string> Classes, IReadOnlyList<ShapeLine> Directories);

/// <summary>What is wrong with a spool.</summary>
/// <param name="Healthy">Nothing is harmful.</param>
/// <param name="FilesRead">Files whose content was checked.</param>
internal sealed record CheckDocument(string Root, bool Healthy, int FilesRead, IReadOnlyList<SpoolSuspicion> Suspicions);

/// <summary>The verdict on a filesystem.</summary>
internal sealed record ProbeDocument(string Directory, string Filesystem, bool Fit, string Sentence, double CachingBound, bool Measured,
    IReadOnlyList<ProbeFinding> Findings);

/// <summary>Classes of age for a histogram.</summary>
internal static class AgeClasses
{
    private static readonly TimeSpan[] Below =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromDays(1)];

    public static IReadOnlyList<string> Names { get; } = ["<1s", "<10s", "<1min", "<10min", "<1h", "<1d", "older"];

    /// <summary>The class of an age, as an index into <see cref="Names"/>.</summary>
    public static int Of(TimeSpan age) => Array.FindIndex(Below, bound => age < bound) is var found and >= 0 ? found : Below.Length;

    /// <summary>How many of the ages fall into each class.</summary>
    public static IReadOnlyList<int> Count(IEnumerable<TimeSpan> ages)
    {
        var counts = new int[Names.Count];
        foreach (var age in ages) counts[Of(age)]++;
        return counts;
    }
}
