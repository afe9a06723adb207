using System.Globalization;
using System.Text.RegularExpressions;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// `#alien_counter#` and `#alien_counter_03i#` (jalien.md 3.5). The counter belongs to the subjob: it is the same wherever it is
/// put in, and the first subjob's is N of "production:N-M".
/// </summary>
internal static partial class AlienPattern
{
    /// <summary>The text with the counter put in.</summary>
    public static string Expand(string text, long counter) => !text.Contains("#alien", StringComparison.OrdinalIgnoreCase)
        ? text
        : Counter().Replace(text, match => Format(counter, match.Groups["flags"].Value, match.Groups["width"].Value, match.Groups["kind"].Value));

    public static bool HasCounter(string text) => Counter().IsMatch(text);

    /// <summary>The first `#alien…#` that is no counter, or null.</summary>
    public static string? FirstUnknown(string text)
    {
        if (!text.Contains("#alien", StringComparison.OrdinalIgnoreCase)) return null;
        foreach (var match in Any().EnumerateMatches(text))
        {
            var found = text.Substring(match.Index, match.Length);
            if (!Counter().IsMatch(found) || Width(found) > Limits.WidestCounter) return found;
        }
        return null;
    }

    private static int Width(string pattern) =>
        int.TryParse(Counter().Match(pattern).Groups["width"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var width) ? width : 0;

    private static string Format(long counter, string flags, string widthText, string kind)
    {
        var digits = kind switch
        {
            "x" => counter.ToString("x", CultureInfo.InvariantCulture),
            "X" => counter.ToString("X", CultureInfo.InvariantCulture),
            "o" => Convert.ToString(counter, 8),
            _ => counter.ToString(CultureInfo.InvariantCulture),
        };
        var width = widthText.Length == 0 ? 0 : int.Parse(widthText, CultureInfo.InvariantCulture);
        return flags.Contains('-', StringComparison.Ordinal) ? digits.PadRight(width)
            : flags.Contains('0', StringComparison.Ordinal) ? digits.PadLeft(width, '0')
            : digits.PadLeft(width);
    }

    [GeneratedRegex(@"#alien_counter(_(?<flags>[-0]*)(?<width>[0-9]{0,3})(?<kind>[diuxXo]?))?#", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Counter();

    [GeneratedRegex(@"#alien[^#]*#", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Any();
}
