using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>Reads the value of Split.</summary>
internal static class SplitText
{
    private const string Later = "other kinds of splitting need one description for each part so far";

    /// <summary>NoSplit after adding a fault.</summary>
    public static Split Read(KeyReader keys)
    {
        if (keys.Text("Split") is not { } text) return new NoSplit();
        var entry = keys.Document.Find("Split")!;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? text : text[..colon];
        if (!kind.Trim().Equals("production", StringComparison.OrdinalIgnoreCase))
        {
            keys.Wrong(entry, $"= {Faults.Shown(text)} is not supported yet, and the job would give other results without it",
                $"Write Split = \"production:1-100\"; {Later}.");
            return new NoSplit();
        }
        var bounds = colon < 0 ? [] : text[(colon + 1)..].Split('-', StringSplitOptions.TrimEntries);
        if (bounds.Length != 2 || Counter(bounds[0]) is not { } from || Counter(bounds[1]) is not { } to || from > to)
            keys.Wrong(entry, $"= {Faults.Shown(text)} does not say which counters", "Write Split = \"production:N-M\"; whole numbers, N not greater than M.");
        else if (to - from >= Limits.MostSubjobs)
            keys.Wrong(entry, $"makes {to - from + 1} subjobs", $"Make at most {Limits.MostSubjobs} at once; submit the rest as a second job.");
        else return new ProductionSplit(from, to);
        return new NoSplit();
    }

    private static long? Counter(string digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Limits.GreatestCounter ? number : null;
}
