using System.Globalization;
using System.Text.RegularExpressions;
using HpcGrid.Core;

namespace HpcGrid.Cli.Output;

/// <summary>Times as people type them.</summary>
internal static partial class TimeText
{
    private static readonly string[] Forms = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss"];

    /// <summary>"90", "90s", "15min", "2h", "1h30m", "3d", "1:30:00". Throws GridError(Invalid).</summary>
    public static TimeSpan Duration(string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)) return Checked(seconds, text);
        if (Clock().IsMatch(text))
            return Checked(text.Split(':').Aggregate(0.0, (sum, part) => sum * 60 + double.Parse(part, CultureInfo.InvariantCulture)), text);
        var parts = Parts().Matches(text);
        if (parts.Count == 0 || parts.Sum(part => part.Length) != text.Replace(" ", "", StringComparison.Ordinal).Length) throw Wrong(text);
        return Checked(parts.Sum(part => double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * SecondsOf(part.Groups[2].Value)), text);
    }

    /// <summary>A time ago ("2h", "3d"), a day or a time of this machine's zone, or one with its zone. Throws GridError(Invalid).</summary>
    public static DateTimeOffset Since(string text, DateTimeOffset now)
    {
        if (text.Equals("today", StringComparison.OrdinalIgnoreCase)) return now.ToLocalTime().Date;
        if (text.Equals("yesterday", StringComparison.OrdinalIgnoreCase)) return now.ToLocalTime().Date.AddDays(-1);
        if (DateTime.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var local)) return local;
        if (text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var zoned)) return zoned;
        try { return now - Duration(text); }
        catch (GridError e)
        {
            throw new GridError(ErrorCode.Invalid, $"'{text}' is not a time", "Write 2h or 3d for a time ago, today, 2026-03-01 or \"2026-03-01 12:00\".", e);
        }
    }

    private static TimeSpan Checked(double seconds, string text) =>
        seconds <= TimeSpan.FromDays(36500).TotalSeconds ? TimeSpan.FromSeconds(seconds) : throw Wrong(text);

    private static double SecondsOf(string unit) => unit switch
    {
        "d" or "day" or "days" => 86400,
        "h" or "hour" or "hours" => 3600,
        "m" or "min" => 60,
        _ => 1,
    };

    private static GridError Wrong(string text) => GridError.Invalid($"'{text}' is not a duration", "Write 90s, 15min, 2h, 1h30m, 3d or 1:30:00.");

    [GeneratedRegex(@"^\d+(:\d\d){1,2}$")]
    private static partial Regex Clock();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(days|day|d|hours|hour|h|min|m|sec|s)")]
    private static partial Regex Parts();
}
