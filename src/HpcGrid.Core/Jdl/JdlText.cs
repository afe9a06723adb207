using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Writes values as JDL text. Promise: whatever is written here is read back by <see cref="JdlParser"/> as the same characters,
/// be they quotes, newlines, '$1' or any alphabet; so programs build descriptions from argv without thinking of escapes.
/// </summary>
public static class JdlText
{
    /// <summary>`"text"`: backslash, quote and dollar escaped; newlines stand as they are. Throws GridError(Invalid) for NUL, which no argv can hold.</summary>
    public static string Quote(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw GridError.Invalid($"{Faults.Shown(text)} contains a NUL character", "Remove it: neither arguments nor file names can hold one.");
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\' or '$') quoted.Append('\\');
            quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>`{"a", "b"}`.</summary>
    public static string Set(IEnumerable<string> items) => "{" + string.Join(", ", items.Select(Quote)) + "}";

    /// <summary>`Key = value;` on a line of its own.</summary>
    public static string Entry(string key, JdlValue value) => $"{key} = {value};\n";
}
