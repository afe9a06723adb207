using System.Globalization;
using System.Text.RegularExpressions;
using HpcGrid.Core.Data;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// `#alien…#` (jalien.md 3.5): the counter in printf's forms, and names made of the InputData of a subjob. A pattern belongs to the subjob: it is
/// the same wherever it is put in. Pure; what is put in is never looked at again.
/// </summary>
internal static partial class AlienPattern
{
    /// <summary>What every pattern begins with.</summary>
    public const string Start = "#alien";

    /// <summary>The text with counter and names put in. Throws GridError(Invalid) when a pattern names input files and there are none.</summary>
    public static string Expand(string text, long counter, IReadOnlyList<string> files) => !text.Contains(Start, StringComparison.OrdinalIgnoreCase)
        ? text
        : Any().Replace(text, match => PutIn(match.Value, counter, files));

    public static bool HasCounter(string text) => Counter().IsMatch(text);

    /// <summary>True when some pattern in it names input files.</summary>
    public static bool NeedsFiles(string text) => text.Contains(Start, StringComparison.OrdinalIgnoreCase) && Names().IsMatch(text);

    /// <summary>The text with a letter in place of every pattern: what can be said of a name before the pattern is put in.</summary>
    public static string Masked(string text) => text.Contains(Start, StringComparison.OrdinalIgnoreCase) ? Any().Replace(text, "x") : text;

    /// <summary>The first `#alien…#` that is no pattern of ours, and why; null when all are.</summary>
    public static (string Pattern, string Fault)? FirstUnknown(string text)
    {
        if (!text.Contains(Start, StringComparison.OrdinalIgnoreCase)) return null;
        foreach (Match match in Any().Matches(text))
            if (FaultOf(match.Value) is { } fault) return (match.Value, fault);
        return null;
    }

    private static string? FaultOf(string pattern)
    {
        if (Counter().Match(pattern) is { Success: true } counter)
            return Width(counter.Groups["width"].Value) > Limits.WidestCounter ? $"is wider than {Limits.WidestCounter}" : null;
        if (Names().Match(pattern) is not { Success: true } names) return "is not known";
        return names.Groups["find"] is { Success: true } find && Compile(find.Value) is null ? "holds no regular expression" : null;
    }

    private static string PutIn(string pattern, long counter, IReadOnlyList<string> files)
    {
        if (Counter().Match(pattern) is { Success: true } number)
            return Format(counter, number.Groups["flags"].Value, Width(number.Groups["width"].Value), number.Groups["kind"].Value);
        if (Names().Match(pattern) is not { Success: true } names) return pattern;
        if (files.Count == 0)
            throw GridError.Invalid($"{Faults.Shown(pattern)} names input files and the job has no InputData",
                "Name files in InputData, or remove the pattern.");
        return names.Groups["which"].Value.ToUpperInvariant() switch
        {
            "ALL" => string.Join(',', files.Select(file => NameOf(file, names)).Distinct(StringComparer.Ordinal)),
            "LAST" => NameOf(files[^1], names),
            _ => NameOf(files[0], names),
        };
    }

    private static string NameOf(string file, Match pattern)
    {
        var lfn = Lfn.Parse(file);
        if (pattern.Groups["full"].Success) return lfn.Path;
        if (pattern.Groups["dir"] is { Success: true } directory)
        {
            // One "dir" is the file's own directory, each more the one above.
            for (var up = directory.Captures.Count; up > 0; up--) lfn = lfn.Parent;
            return lfn.Name;
        }
        return pattern.Groups["find"] is { Success: true } find && Compile(find.Value) is { } regex
            ? regex.Replace(lfn.Name, pattern.Groups["put"].Value, 1)
            : lfn.Name;
    }

    /// <summary>Null when it is none, or needs to look back, which takes exponential time.</summary>
    private static Regex? Compile(string expression)
    {
        try { return new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant); }
        catch (Exception e) when (e is ArgumentException or NotSupportedException) { return null; }
    }

    private static int Width(string digits) => digits.Length == 0 ? 0 : int.Parse(digits, CultureInfo.InvariantCulture);

    private static string Format(long counter, string flags, int width, string kind)
    {
        var digits = kind switch
        {
            "x" => counter.ToString("x", CultureInfo.InvariantCulture),
            "X" => counter.ToString("X", CultureInfo.InvariantCulture),
            "o" => Convert.ToString(counter, 8),
            _ => counter.ToString(CultureInfo.InvariantCulture),
        };
        return flags.Contains('-', StringComparison.Ordinal) ? digits.PadRight(width)
            : flags.Contains('0', StringComparison.Ordinal) ? digits.PadLeft(width, '0')
            : digits.PadLeft(width);
    }

    [GeneratedRegex(@"#alien_counter(_(?<flags>[-0]*)(?<width>[0-9]{0,3})(?<kind>[diuxXo]?))?#", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Counter();

    [GeneratedRegex(@"#alien_?(?<which>first|last|all)?((?<full>fulldir)|(?<dir>dir)+|filename(/(?<find>[^#/]+)/(?<put>[^#/]*)/?)?)#",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Names();

    [GeneratedRegex(@"#alien[^#]*#", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Any();
}
