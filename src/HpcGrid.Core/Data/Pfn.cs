using System.Globalization;

namespace HpcGrid.Core.Data;

/// <summary>
/// The path of a file inside a storage element, made from its GUID alone: "cc/hhhhh/guid" as AliEn lays out its storage
/// (facts: jalien.md 7.2), so that existing storage elements and tools find what we write.
/// </summary>
public static class Pfn
{
    /// <summary>"03/41217/2b0c…": cc and hhhhh spread files over 16 x 65,025 directories.</summary>
    public static string Of(Guid guid)
    {
        var text = guid.ToString("D");
        int digits = 0, sum = 0, sumOfSums = 0;
        foreach (var c in text)
        {
            if (c == '-') continue;
            var value = Convert.ToInt32(c.ToString(), 16);
            digits += value;
            sum = (sum + value) & 0xff;
            sumOfSums = (sumOfSums + sum) & 0xff;
        }
        var low = sumOfSums % 255;
        var high = (sumOfSums - sum) % 255;
        if (high < 0) high += 255;
        return string.Create(CultureInfo.InvariantCulture, $"{digits % 16:D2}/{high * 256 + low:D5}/{text}");
    }

    /// <summary>True for what <see cref="Of"/> makes; everything else is refused before it touches a disk.</summary>
    public static bool IsWellFormed(string pfn) =>
        pfn.Length == 45 && pfn[2] == '/' && pfn[8] == '/' && Guid.TryParseExact(pfn[9..], "D", out var guid) && Of(guid) == pfn;
}
