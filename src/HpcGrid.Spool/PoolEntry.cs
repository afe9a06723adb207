using System.Globalization;
using HpcGrid.Core;
using HpcGrid.Core.Sites;

namespace HpcGrid.Spool;

/// <summary>An offered work-queue file: its name tells a claimer all it must know without opening it.</summary>
/// <param name="Name">Its identity.</param>
/// <param name="Cores">Cores that its most demanding job needs.</param>
/// <param name="MemoryMib">Memory that its most demanding job needs, MiB.</param>
/// <param name="TtlSeconds">The longest TTL in it.</param>
/// <param name="Rows">Its number of jobs.</param>
public readonly record struct PoolEntry(QueueName Name, int Cores, long MemoryMib, int TtlSeconds, int Rows) : IComparable<PoolEntry>
{
    private readonly Counters? _counters;

    /// <summary>Counters that its most demanding job needs.</summary>
    public Counters Counters
    {
        get => _counters ?? Counters.None;
        init => _counters = value.IsNone ? null : value;
    }

    /// <summary>0, or the gang whose first agent alone may claim it (J2).</summary>
    public long Gang { get; init; }

    /// <summary>"q17.g2.c1.m2000.t3600.n64.db"; with counters and for a gang "q17.g2.c1.m2000.t3600.n1.k-gpu-500.w5.db".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Name}.c{Cores}.m{MemoryMib}.t{TtlSeconds}.n{Rows}")
        + (Counters.IsNone ? "" : ".k" + string.Concat(Counters.Amounts.Select(Word)))
        + (Gang == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".w{Gang}"))
        + ".db";

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out PoolEntry entry)
    {
        entry = default;
        var reader = new NameReader(fileName);
        if (!QueueName.TryRead(ref reader, out var name)
            || !reader.Take(".c") || !reader.TakeInt(out var cores)
            || !reader.Take(".m") || !reader.TakeNumber(out var memory)
            || !reader.Take(".t") || !reader.TakeInt(out var ttl)
            || !reader.Take(".n") || !reader.TakeInt(out var rows))
            return false;
        var counters = Counters.None;
        if (reader.Take(".k-") && !(reader.TakeUntil(".", out var text) && TryParseCounters(text, out counters))) return false;
        var gang = 0L;
        if (reader.Take(".w") && !reader.TakeNumber(out gang)) return false;
        if (!reader.Take(".db") || !reader.AtEnd) return false;
        entry = new PoolEntry(name, cores, memory, ttl, rows) { Counters = counters, Gang = gang };
        // Only what we would have written.
        return entry.FileName == fileName;
    }

    private static string Word(KeyValuePair<string, long> amount) => string.Create(CultureInfo.InvariantCulture, $"-{amount.Key}-{amount.Value}");

    private static bool TryParseCounters(string text, out Counters counters)
    {
        counters = Counters.None;
        var parts = text.Split('-');
        if (parts.Length % 2 != 0) return false;
        var amounts = new List<KeyValuePair<string, long>>();
        for (var i = 0; i < parts.Length; i += 2)
        {
            if (!long.TryParse(parts[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount)) return false;
            amounts.Add(new(parts[i], amount));
        }
        try { counters = Counters.From(amounts); }
        catch (GridError) { return false; }
        return true;
    }

    /// <summary>Oldest first.</summary>
    public int CompareTo(PoolEntry other) => Name.CompareTo(other.Name);

    public static bool operator <(PoolEntry left, PoolEntry right) => left.CompareTo(right) < 0;
    public static bool operator >(PoolEntry left, PoolEntry right) => left.CompareTo(right) > 0;
    public static bool operator <=(PoolEntry left, PoolEntry right) => left.CompareTo(right) <= 0;
    public static bool operator >=(PoolEntry left, PoolEntry right) => left.CompareTo(right) >= 0;
}
