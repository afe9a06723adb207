using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads the values of keys by type, as AliEn does (a list where one value is wanted gives its first; one value where a list is
/// wanted is a list of one), and notes a fault with its place for every value of another type or out of bounds.
/// </summary>
internal sealed class KeyReader(JdlDocument document, Faults faults)
{
    public Faults Faults => faults;
    public JdlDocument Document => document;

    /// <summary>A non-empty text, or null when the key is absent or at fault.</summary>
    public string? Text(string key)
    {
        if (document.Find(key) is not { } entry) return null;
        if (TextOf(entry.Value) is not { } text) return Wrong(entry, "wants a text", $"Write {key} = \"…\";");
        return text.Length > 0 ? text : Wrong(entry, "is empty", $"Write {key} = \"…\"; or remove the key.");
    }

    /// <summary>The items in order; null when the key is absent or at fault.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (document.Find(key) is not { } entry) return null;
        if (entry.Value is JdlSet set) return set.Items;
        if (TextOf(entry.Value) is { } text) return [text];
        Wrong(entry, "wants a text or a list of texts", $"Write {key} = {{\"…\", \"…\"}};");
        return null;
    }

    /// <summary>Each item once with its place, as AliEn's sets are; empty when absent or at fault.</summary>
    public IReadOnlyList<(string Text, TextPlace? Place)> Items(string key)
    {
        if (Texts(key) is not { } texts) return [];
        var entry = document.Find(key)!;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. texts.Select((text, index) => (text, entry.PlaceOfItem(index))).Where(item => seen.Add(item.text))];
    }

    public long Whole(string key, long least, long most, long otherwise)
    {
        if (document.Find(key) is not { } entry) return otherwise;
        var hint = $"Write {key} = N; with N from {least} to {most}.";
        var number = entry.Value is JdlInteger whole ? whole.Number
            : long.TryParse(TextOf(entry.Value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var read) ? read : (long?)null;
        if (number is null) Wrong(entry, "wants a whole number", hint);
        else if (number < least || number > most) Wrong(entry, $"is {number}: it must be between {least} and {most}", hint);
        else return number.Value;
        return otherwise;
    }

    public double Real(string key, double least, double most, double otherwise)
    {
        if (document.Find(key) is not { } entry) return otherwise;
        var hint = $"Write {key} = N; with N from {least} to {most}.";
        var isNumber = double.TryParse(TextOf(entry.Value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
        if (!isNumber) Wrong(entry, "wants a number", hint);
        else if (number < least || number > most) Wrong(entry, $"is {number}: it must be between {least} and {most}", hint);
        else return number;
        return otherwise;
    }

    /// <summary>MiB: "8GB", "500 MB", "1.5 TB"; a bare number counts MB, as in AliEn.</summary>
    public long Mebibytes(string key, long otherwise)
    {
        if (document.Find(key) is not { } entry) return otherwise;
        var text = entry.Value is JdlRaw raw ? raw.Text : TextOf(entry.Value);
        if (text is null || SizeText.Mebibytes(text) is not { } size)
            Wrong(entry, "wants a size", $"Write {key} = \"8GB\"; the units are KB, MB, GB and TB, and a bare number counts MB.");
        else if (size < 1 || size > Limits.MostMib)
            Wrong(entry, $"is {Faults.Shown(text)}: it must be between 1 MB and {Limits.MostMib} MB", $"Write {key} = \"8GB\";");
        else return size;
        return otherwise;
    }

    /// <summary>Bytes: "2GB", "500 MB"; a bare number counts bytes, as in AliEn.</summary>
    public long Bytes(string key, long otherwise)
    {
        if (document.Find(key) is not { } entry) return otherwise;
        var text = entry.Value is JdlRaw raw ? raw.Text : TextOf(entry.Value);
        if (text is not null && SizeText.Bytes(text) is { } size and > 0) return size;
        Wrong(entry, "wants a size", $"Write {key} = \"2GB\"; the units are KB, MB, GB and TB, and a bare number counts bytes.");
        return otherwise;
    }

    public bool Flag(string key, bool otherwise)
    {
        if (document.Find(key) is not { } entry) return otherwise;
        var text = entry.Value switch { JdlRaw raw => raw.Text, var other => TextOf(other) };
        if (text?.ToUpperInvariant() is "TRUE" or "YES" or "1") return true;
        if (text?.ToUpperInvariant() is "FALSE" or "NO" or "0") return false;
        Wrong(entry, "wants true or false", $"Write {key} = true; or {key} = false;");
        return otherwise;
    }

    public Expression? Expression(string key)
    {
        if (document.Find(key) is not { } entry) return null;
        if (entry.Value is JdlRaw raw) return Jdl.Expression.TryParse(raw.Text, entry.RawMap ?? TextMap.Of(raw.Text), faults);
        if (entry.Value is JdlInteger or JdlReal) return Jdl.Expression.Parse(entry.Value.ToString());
        Wrong(entry, "wants an expression, not a text", $"Write it without the quotes around it: {key} = other.TTL > 3600;");
        return null;
    }

    /// <summary>Adds a fault at the key's value.</summary>
    public string? Wrong(JdlEntry entry, string what, string hint)
    {
        faults.Add(entry.ValuePlace, $"{JdlKeys.Spelling(entry.Key)} {what}", hint);
        return null;
    }

    private static string? TextOf(JdlValue value) => value switch
    {
        JdlString text => text.Text,
        JdlSet { Items.Count: > 0 } set => set.Items[0],
        JdlSet => "",
        JdlInteger or JdlReal => value.ToString(),
        _ => null,
    };
}

/// <summary>Sizes as people write them.</summary>
internal static class SizeText
{
    /// <summary>Bytes; null for what is no size. A bare number counts bytes.</summary>
    public static long? Bytes(string text) => long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes
        : In(text, 1) is { } size ? (long)Math.Min(Math.Ceiling(size), long.MaxValue / 2) : null;

    /// <summary>
    /// MiB, rounded up; null for what is no size. K, M, G and T are powers of 1024, as AliEn counts them, and a bare number counts MB.
    /// A size beyond long is beyond every bound too: the caller says which.
    /// </summary>
    public static long? Mebibytes(string text) => In(text, 1024 * 1024) is { } size ? (long)Math.Min(Math.Ceiling(size), long.MaxValue / 2) : null;

    private static double? In(string text, double bytes)
    {
        var trimmed = text.Trim();
        var digits = trimmed.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!double.TryParse(trimmed.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
        double? unit = trimmed[digits..].Trim().ToUpperInvariant() switch
        {
            "B" => 1,
            "K" or "KB" or "KIB" => 1024,
            "" or "M" or "MB" or "MIB" => 1024 * 1024,
            "G" or "GB" or "GIB" => 1024.0 * 1024 * 1024,
            "T" or "TB" or "TIB" => 1024.0 * 1024 * 1024 * 1024,
            _ => null,
        };
        return unit is null ? null : number * unit.Value / bytes;
    }
}
