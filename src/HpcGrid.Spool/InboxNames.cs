using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>The bridge's word that an agent may go on: an empty file in in/, renamed with every lease.</summary>
/// <param name="Number">Grows with every lease.</param>
/// <param name="Epoch">The bridge generation that gives it; a lower one than seen is ignored (E1).</param>
public readonly record struct LeaseName(long Number, long Epoch)
{
    /// <summary>"lease.17.e3".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"lease.{Number}.e{Epoch}");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out LeaseName lease)
    {
        lease = default;
        var reader = new NameReader(fileName);
        if (!reader.Take("lease.") || !reader.TakeNumber(out var number) || !reader.Take(".e") || !reader.TakeNumber(out var epoch) || !reader.AtEnd)
            return false;
        lease = new LeaseName(number, epoch);
        return true;
    }
}

/// <summary>The name of a control message in in/.</summary>
/// <param name="Sequence">Grows with every message to this agent.</param>
/// <param name="Epoch">The bridge generation that sends it: two generations never write the same name.</param>
/// <param name="Kind">What it is about; the body must say the same.</param>
public readonly record struct MessageName(long Sequence, long Epoch, string Kind)
{
    /// <summary>"m17.e3.kill".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"m{Sequence}.e{Epoch}.{Kind}");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else, unknown kinds included.</summary>
    public static bool TryParse(string fileName, out MessageName message)
    {
        message = default;
        var reader = new NameReader(fileName);
        if (!reader.Take("m") || !reader.TakeNumber(out var sequence) || !reader.Take(".e") || !reader.TakeNumber(out var epoch)
            || !reader.Take(".") || !reader.TakeWord(out var kind) || !reader.AtEnd || !Kinds.Contains(kind))
            return false;
        message = new MessageName(sequence, epoch, kind);
        return true;
    }

    /// <summary>Every kind there is.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["ack", "start", "kill", "drain", "fenced", "peek", "yield", "reserve", "release", "saved"];
}
