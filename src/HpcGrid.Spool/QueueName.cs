using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>
/// The identity of a work-queue file. A pair is published once and never again (A2: a delayed duplicate rename would steal it):
/// what has to be offered again gets the next generation.
/// </summary>
/// <param name="Id">Given by the bridge's ledger; positive.</param>
/// <param name="Generation">1 for the first offer.</param>
public readonly record struct QueueName(long Id, int Generation) : IComparable<QueueName>
{
    /// <summary>"q17.g2".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"q{Id}.g{Generation}");

    /// <summary>The name in claim/ and bridge/withdrawn/: "q17.g2.db".</summary>
    public string FileName => this + ".db";

    /// <summary>Reads what <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string text, out QueueName name)
    {
        var reader = new NameReader(text);
        return TryRead(ref reader, out name) && reader.AtEnd;
    }

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParseFile(string fileName, out QueueName name)
    {
        var reader = new NameReader(fileName);
        return TryRead(ref reader, out name) && reader.Take(".db") && reader.AtEnd;
    }

    internal static bool TryRead(ref NameReader reader, out QueueName name)
    {
        name = default;
        if (!reader.Take("q") || !reader.TakeNumber(out var id) || !reader.Take(".g") || !reader.TakeInt(out var generation)) return false;
        name = new QueueName(id, generation);
        return id > 0 && generation > 0;
    }

    public int CompareTo(QueueName other) => Id != other.Id ? Id.CompareTo(other.Id) : Generation.CompareTo(other.Generation);

    public static bool operator <(QueueName left, QueueName right) => left.CompareTo(right) < 0;
    public static bool operator >(QueueName left, QueueName right) => left.CompareTo(right) > 0;
    public static bool operator <=(QueueName left, QueueName right) => left.CompareTo(right) <= 0;
    public static bool operator >=(QueueName left, QueueName right) => left.CompareTo(right) >= 0;
}
