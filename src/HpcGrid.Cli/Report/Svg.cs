using System.Globalization;
using System.Net;
using System.Text;

namespace HpcGrid.Cli.Report;

/// <summary>Writes well-formed markup: whatever text comes in is escaped, whatever number comes in has a point.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();

    /// <summary>Foreign text as it may stand between tags and in attributes; what XML cannot hold is replaced.</summary>
    public static string Escape(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(rune.Value is 9 or 10 or 13 or (>= 0x20 and <= 0x7e) or (>= 0xa0 and <= 0xfffd) or >= 0x10000 ? rune.ToString() : "�");
        return WebUtility.HtmlEncode(clean.ToString());
    }

    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    public Svg Open(double width, double height, string label) => Raw(
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Number(width)} {Number(height)}\" role=\"img\" aria-label=\"{Escape(label)}\">");

    public string Close() => _text.Append("</svg>").ToString();

    public Svg Rect(double x, double y, double width, double height, string style, string? title = null) => Raw(
        $"<rect x=\"{Number(x)}\" y=\"{Number(y)}\" width=\"{Number(Math.Max(0.3, width))}\" height=\"{Number(Math.Max(0.3, height))}\" class=\"{style}\""
        + (title is null ? "/>" : $"><title>{Escape(title)}</title></rect>"));

    public Svg Line(double x1, double y1, double x2, double y2, string style) =>
        Raw($"<line x1=\"{Number(x1)}\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}\" y2=\"{Number(y2)}\" class=\"{style}\"/>");

    public Svg Path(IEnumerable<(double X, double Y)> points, string style) =>
        Raw($"<path d=\"M{string.Join('L', points.Select(point => $"{Number(point.X)} {Number(point.Y)}"))}\" class=\"{style}\"/>");

    /// <param name="anchor">"start", "middle" or "end".</param>
    public Svg Text(double x, double y, string text, string anchor = "start", string style = "label") =>
        Raw($"<text x=\"{Number(x)}\" y=\"{Number(y)}\" text-anchor=\"{anchor}\" class=\"{style}\">{Escape(text)}</text>");

    private Svg Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }
}
