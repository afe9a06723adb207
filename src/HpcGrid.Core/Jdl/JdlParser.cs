using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads JDL text (jalien.md 3.1). Promises: linear time; no exception but GridError(Invalid), which tells up to twenty
/// faults at once, each with line, column and remedy; bounds of <see cref="Limits"/>.
/// Differs from AliEn where AliEn loses data: an argument put in for $1 inside a string is that string's text whatever it
/// contains; '\$1' is the text "$1"; a '#' at a line's beginning inside a string is text; what stands in a list beside
/// quoted items is an error.
/// </summary>
public static class JdlParser
{
    /// <summary>The document, from JDL or from its JSON form, with <paramref name="arguments"/> put in for $1, $2 … and recorded as JDLArguments.</summary>
    public static JdlDocument Parse(string text, IReadOnlyList<string> arguments)
    {
        RefuseUnreadable(text, "the job description");
        for (var i = 0; i < arguments.Count; i++) RefuseUnreadable(arguments[i], $"argument ${i + 1}");
        var faults = new Faults();
        var entries = JsonScanner.Applies(text) ? new JsonScanner(text, arguments, faults).Read() : new JdlScanner(text, arguments, faults).Read();
        faults.ThrowIfAny();
        if (arguments.Count > 0) entries.Add(new JdlEntry("JDLArguments", new JdlSet([.. arguments])));
        return new JdlDocument(entries);
    }

    private static void RefuseUnreadable(string text, string what)
    {
        if (text.Length > Limits.LongestJdl || Encoding.UTF8.GetByteCount(text) > Limits.LongestJdl)
            throw GridError.Invalid(
                $"line 1, column 1: {what} is longer than {Limits.LongestJdl / (1024 * 1024)} MB",
                "Put long lists into a file and name it in InputFile.");
        var at = FirstUnreadable(text);
        if (at >= 0)
            throw GridError.Invalid(
                $"{new LineIndex(text).PlaceOf(at)}: {what} is not text: it contains the character U+{(int)text[at]:X4}",
                "This looks like a binary file. Submit the JDL, and name programs in Executable or InputFile.");
    }

    /// <summary>NUL, half a surrogate pair and the mark of undecodable bytes: none can travel to a process's arguments.</summary>
    private static int FirstUnreadable(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c is '\0' or '\uFFFD') return at;
            if (!char.IsSurrogate(c)) continue;
            if (!char.IsHighSurrogate(c) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1])) return at;
            at++;
        }
        return -1;
    }
}
