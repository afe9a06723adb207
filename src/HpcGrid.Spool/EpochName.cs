using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>One line of the bridges' generation log (E1): an empty-handed file whose name says it all.</summary>
/// <param name="Epoch">The generation.</param>
/// <param name="Nonce">Who; the smaller one wins a tie.</param>
public readonly record struct EpochName(long Epoch, string Nonce) : IComparable<EpochName>
{
    /// <summary>"epoch.7.1f2e3d".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"epoch.{Epoch}.{Nonce}");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out EpochName name)
    {
        name = default;
        var reader = new NameReader(fileName);
        if (!reader.Take("epoch.") || !reader.TakeNumber(out var epoch) || !reader.Take(".") || !reader.TakeWord(out var nonce) || !reader.AtEnd)
            return false;
        name = new EpochName(epoch, nonce);
        return epoch > 0;
    }

    /// <summary>The one that rules comes last: the highest generation, then the smallest nonce.</summary>
    public int CompareTo(EpochName other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : string.CompareOrdinal(other.Nonce, Nonce);

    public static bool operator <(EpochName left, EpochName right) => left.CompareTo(right) < 0;
    public static bool operator >(EpochName left, EpochName right) => left.CompareTo(right) > 0;
    public static bool operator <=(EpochName left, EpochName right) => left.CompareTo(right) <= 0;
    public static bool operator >=(EpochName left, EpochName right) => left.CompareTo(right) >= 0;
}
