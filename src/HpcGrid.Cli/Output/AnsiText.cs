using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace HpcGrid.Cli.Output;

/// <summary>
/// Text with colours for a screen of fixed width. Our own escape codes count as no column; foreign text comes in through <see
/// cref="Words.Printable"/>.
/// </summary>
internal static class AnsiText
{
    public const string Plain = "\e[0m";

    public static string Bold(string text) => $"\e[1m{text}{Plain}";
    public static string Dim(string text) => $"\e[2m{text}{Plain}";

    /// <summary>In one of the terminal's sixteen colours, as the codes 30 to 37 and 90 to 97 name them.</summary>
    public static string Coloured(int code, string text) => string.Create(CultureInfo.InvariantCulture, $"\e[{code}m{text}{Plain}");

    public static string Reversed(string text) => $"\e[7m{Stripped(text)}{Plain}";

    /// <summary>Columns that it takes; wide characters take two.</summary>
    public static int Width(string text)
    {
        var stripped = Stripped(text);
        foreach (var c in stripped)
            if (c is < ' ' or > '~') return new Segment(stripped).CellCount();
        return stripped.Length;
    }

    /// <summary>Cut to a width, with an ellipsis where something was cut.</summary>
    public static string Cut(string text, int width)
    {
        if (width <= 0) return "";
        if (Width(text) <= width) return text;
        var cut = new StringBuilder();
        var (columns, styled) = (0, false);
        for (var i = 0; i < text.Length;)
        {
            var length = EscapeAt(text, i);
            if (length > 0)
            {
                cut.Append(text, i, length);
                styled = true;
                i += length;
                continue;
            }
            length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
            var symbol = text.Substring(i, length);
            var takes = symbol[0] is >= ' ' and <= '~' ? 1 : new Segment(symbol).CellCount();
            if (columns + takes > width - 1) break;
            cut.Append(symbol);
            columns += takes;
            i += length;
        }
        return cut.Append('…').Append(styled ? Plain : "").ToString();
    }

    /// <summary>Exactly so wide: cut or filled with blanks.</summary>
    public static string Fit(string text, int width)
    {
        var cut = Cut(text, width);
        return cut + new string(' ', Math.Max(0, width - Width(cut)));
    }

    /// <summary>Left and right of one line; the right one gives way.</summary>
    public static string Sides(string left, string right, int width)
    {
        var space = width - Width(left) - Width(right);
        return space >= 2 ? left + new string(' ', space) + right : Fit(left, width);
    }

    /// <summary>Without colours.</summary>
    public static string Stripped(string text)
    {
        if (!text.Contains('\e', StringComparison.Ordinal)) return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = EscapeAt(text, i);
            if (length > 0) { i += length; continue; }
            plain.Append(text[i++]);
        }
        return plain.ToString();
    }

    /// <summary>The length of an escape code "ESC [ … m" that begins here; 0 for none.</summary>
    private static int EscapeAt(string text, int at)
    {
        if (text[at] != '\e' || at + 1 >= text.Length || text[at + 1] != '[') return 0;
        var end = text.IndexOf('m', at);
        return end < 0 ? 0 : end - at + 1;
    }
}
