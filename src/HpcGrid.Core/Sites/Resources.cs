using System.Globalization;
using System.Text.Json.Serialization;

namespace HpcGrid.Core.Sites;

/// <summary>What one job needs from a slot, and at the same time what is measured on it.</summary>
/// <param name="Cores">Cores the job may use at the same time; a fraction of one counts as one where only whole cores are known.</param>
/// <param name="MemoryMib">Resident memory of all its processes, MiB.</param>
/// <param name="DiskMib">Sandbox size, MiB.</param>
/// <param name="TtlSeconds">Wall-clock seconds the payload may take.</param>
public sealed record Resources(int Cores, long MemoryMib, long DiskMib, int TtlSeconds)
{
    private const string Whole = "whole", CoreWord = "cores", NodeWord = "nodes";

    /// <summary>What a job gets that asks for nothing: AliEn's defaults (jalien.md 3.2).</summary>
    public static Resources Default { get; } = new(1, 8 * 1024, 10 * 1024, 21600);

    /// <summary>Thousandths of a core, of a job that shares its last core with others; null when its cores are its own.</summary>
    public int? CoreThousandths { get; init; }

    /// <summary>GPUs and whatever else is counted; null for none.</summary>
    [JsonPropertyName("counters")] public Counters? Counted { get; init; }

    /// <summary>It has the node to itself, with all cores.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool WholeNode { get; init; }

    /// <summary>How many nodes of one pilot it gets, each of them whole, to start it by a launcher; null for an ordinary job. All else here is what it
    /// needs of each.</summary>
    [JsonPropertyName("nodes")] public int? NodeCount { get; init; }

    [JsonIgnore] public int Nodes => NodeCount ?? 1;

    [JsonIgnore] public Counters Counters => Counted ?? Counters.None;

    /// <summary>Cores in thousandths.</summary>
    [JsonIgnore] public long CoreShare => CoreThousandths ?? Cores * (long)Counters.One;

    /// <summary>What stands in no column of its own: "cores:500 nodes:4 whole gpu=1,licence=0.5"; "" for an ordinary job. Equal needs have equal texts.</summary>
    [JsonIgnore]
    public string Special => string.Join(' ', Words());

    /// <summary>Adds what <see cref="Special"/> wrote.</summary>
    public Resources WithSpecial(string special)
    {
        var result = this;
        foreach (var word in special.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == Whole) result = result with { WholeNode = true };
            else if (Value(word, NodeWord) is { } nodes) result = result with { NodeCount = int.Parse(nodes, CultureInfo.InvariantCulture) };
            else if (Value(word, CoreWord) is { } share) result = result with { CoreThousandths = int.Parse(share, CultureInfo.InvariantCulture) };
            else result = result with { Counted = Counters.Parse(word) };
        }
        return result;
    }

    private IEnumerable<string> Words()
    {
        if (CoreThousandths is { } share) yield return string.Create(CultureInfo.InvariantCulture, $"{CoreWord}:{share}");
        if (NodeCount is { } nodes) yield return string.Create(CultureInfo.InvariantCulture, $"{NodeWord}:{nodes}");
        if (WholeNode) yield return Whole;
        if (!Counters.IsNone) yield return Counters.ToString();
    }

    private static string? Value(string word, string name) => word.StartsWith(name + ':', StringComparison.Ordinal) ? word[(name.Length + 1)..] : null;
}
