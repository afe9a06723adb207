using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>An offered work-queue file: its name tells a claimer all it must know without opening it.</summary>
/// <param name="Name">Its identity.</param>
/// <param name="Cores">Cores that its most demanding job needs.</param>
/// <param name="MemoryMib">Memory that its most demanding job needs, MiB.</param>
/// <param name="TtlSeconds">The longest TTL in it.</param>
/// <param name="Rows">Its number of jobs.</param>
public readonly record struct PoolEntry(QueueName Name, int Cores, long MemoryMib, int TtlSeconds, int Rows) : IComparable<PoolEntry>
{
    /// <summary>"q17.g2.c1.m2000.t3600.n64.db".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Name}.c{Cores}.m{MemoryMib}.t{TtlSeconds}.n{Rows}.db");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out PoolEntry entry)
    {
        entry = default;
        var reader = new NameReader(fileName);
        if (!QueueName.TryRead(ref reader, out var name)
            || !reader.Take(".c") || !reader.TakeInt(out var cores)
            || !reader.Take(".m") || !reader.TakeNumber(out var memory)
            || !reader.Take(".t") || !reader.TakeInt(out var ttl)
            || !reader.Take(".n") || !reader.TakeInt(out var rows)
            || !reader.Take(".db") || !reader.AtEnd)
            return false;
        entry = new PoolEntry(name, cores, memory, ttl, rows);
        return true;
    }

    /// <summary>Oldest first.</summary>
    public int CompareTo(PoolEntry other) => Name.CompareTo(other.Name);

    public static bool operator <(PoolEntry left, PoolEntry right) => left.CompareTo(right) < 0;
    public static bool operator >(PoolEntry left, PoolEntry right) => left.CompareTo(right) > 0;
    public static bool operator <=(PoolEntry left, PoolEntry right) => left.CompareTo(right) <= 0;
    public static bool operator >=(PoolEntry left, PoolEntry right) => left.CompareTo(right) >= 0;
}
