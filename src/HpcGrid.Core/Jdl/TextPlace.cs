using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>A place in a text as editors count: both from 1; a column is a UTF-16 code unit.</summary>
public readonly record struct TextPlace(int Line, int Column)
{
    /// <summary>"line 3, column 14".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"line {Line}, column {Column}");
}

/// <summary>Turns offsets of a text into places; built once, then a binary search each.</summary>
internal sealed class LineIndex
{
    private readonly List<int> _starts = [0];

    public LineIndex(string text)
    {
        for (var at = text.IndexOf('\n', StringComparison.Ordinal); at >= 0; at = text.IndexOf('\n', at + 1)) _starts.Add(at + 1);
    }

    /// <summary>The place that many UTF-8 bytes behind a line's beginning; lines count from 0 here.</summary>
    public TextPlace PlaceInLine(int line, long bytes, string text)
    {
        var at = _starts[Math.Min(line, _starts.Count - 1)];
        for (; bytes > 0 && at < text.Length; at++) bytes -= text[at] < 0x80 ? 1 : text[at] < 0x800 || char.IsSurrogate(text[at]) ? 2 : 3;
        return PlaceOf(at);
    }

    public TextPlace PlaceOf(int offset)
    {
        var found = _starts.BinarySearch(offset);
        var line = found >= 0 ? found : ~found - 1;
        return new TextPlace(line + 1, offset - _starts[line] + 1);
    }
}

/// <summary>
/// Leads from an offset in a piece of text back to the place in the source it came from. The two run alike between anchors;
/// an anchor stands wherever an argument was put in for $1, so that places stay right after it.
/// </summary>
internal sealed class TextMap(LineIndex lines, int start)
{
    private readonly List<(int Offset, int Source)> _anchors = [(0, start)];

    /// <summary>A text that is its own source.</summary>
    public static TextMap Of(string text) => new(new LineIndex(text), 0);

    public void Anchor(int offset, int source) => _anchors.Add((offset, source));

    public TextPlace PlaceOf(int offset)
    {
        var index = _anchors.FindLastIndex(anchor => anchor.Offset <= offset);
        var source = _anchors[index].Source + (offset - _anchors[index].Offset);
        return lines.PlaceOf(index + 1 < _anchors.Count ? Math.Min(source, _anchors[index + 1].Source) : source);
    }
}
