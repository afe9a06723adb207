using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>Whether and how a description becomes many jobs. The list is closed.</summary>
public abstract record Split
{
    private protected Split() { }
}

/// <summary>One job.</summary>
public sealed record NoSplit : Split;

/// <summary>`Split = "production:From-To"`: To - From + 1 subjobs, counters From to To.</summary>
public sealed record ProductionSplit(long From, long To) : Split;

/// <summary>`Parameters`: a subjob for each value, put in for `_PARAM_`.</summary>
public sealed record ParametricSplit : Split
{
    /// <summary>What stands for the value in texts.</summary>
    public const string Placeholder = "_PARAM_";

    private readonly IReadOnlyList<string>? _values;
    private readonly long _start;
    private readonly long _step;

    public ParametricSplit(IReadOnlyList<string> values) => (_values, Count) = (values, values.Count);

    public ParametricSplit(long start, long step, int count) => (_start, _step, Count) = (start, step, count);

    /// <summary>How many subjobs.</summary>
    public int Count { get; }

    /// <summary>The value of one part, from 0.</summary>
    public string ValueOf(int part) => _values is null ? (_start + (_step * part)).ToString(CultureInfo.InvariantCulture) : _values[part];
}

/// <summary>What input files must have in common to come into one subjob.</summary>
public enum InputGrouping
{
    /// <summary>Nothing: each has a subjob of its own.</summary>
    File,
    Directory,
    /// <summary>The directory above theirs.</summary>
    ParentDirectory,
    /// <summary>The set of storage elements that hold them.</summary>
    StorageElement,
    /// <summary>A copy in a storage element that the Requirements name; others are left out.</summary>
    Facility,
}

/// <summary>`Split = "file"` and its like: subjobs by InputData, which the catalogue resolves at submission.</summary>
public sealed record InputSplit(InputGrouping Grouping) : Split
{
    /// <summary>A group smaller than this part of the largest allowed is merged with another, unless said otherwise (AliEn: 20 %).</summary>
    internal const int SmallPart = 5;

    public int MostFiles { get; init; } = int.MaxValue;
    public long MostBytes { get; init; } = long.MaxValue;

    /// <summary>Smaller groups of storage elements are merged with others.</summary>
    public int FewestFiles { get; init; }
    public long FewestBytes { get; init; }

    /// <summary>Files in the order of their paths, instead of the order they are named in.</summary>
    public bool IsSorted { get; init; }

    /// <summary>Only files that have a copy in a storage element that the Requirements name.</summary>
    public bool OnlyRequiredElements { get; init; }

    /// <summary>So many of a hundred input files may be missing; more and the job is refused.</summary>
    public int MissingPercent { get; init; }
}

/// <summary>Subjobs with descriptions of their own: a collection, a DAG, SplitDefinitions, or parameters that change what a site must be.</summary>
public sealed record NodeSplit(IReadOnlyList<JobNode> Nodes) : Split
{
    public bool Equals(NodeSplit? other) => other is not null && Nodes.SequenceEqual(other.Nodes);
    public override int GetHashCode() => Nodes.Count;
}

/// <summary>One of them.</summary>
/// <param name="Name">Its name, unique among the nodes.</param>
/// <param name="Job">What it runs; not split any further.</param>
/// <param name="After">The places of the nodes that must be done first, each once; acyclic.</param>
public sealed record JobNode(string Name, JobDescription Job, IReadOnlyList<int> After);
