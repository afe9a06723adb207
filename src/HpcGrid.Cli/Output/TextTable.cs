namespace HpcGrid.Cli.Output;

/// <summary>
/// Aligned columns. In a pipe it is plain text that is never cut or wrapped; on a terminal headers and states are coloured.
/// An empty table prints nothing but what <see cref="Write"/> is told to say instead.
/// </summary>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];
    private readonly HashSet<int> _right = [];

    /// <summary>The column stands to the right: numbers.</summary>
    public TextTable Right(params int[] columns)
    {
        _right.UnionWith(columns);
        return this;
    }

    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(cell => Words.Printable(cell ?? ""))]);

    public void Write(Terminal terminal, string whenEmpty)
    {
        if (_rows.Count == 0)
        {
            // Nothing on standard output: a script counts lines.
            if (whenEmpty.Length > 0) terminal.Error.WriteLine(whenEmpty);
            return;
        }
        var widths = headers.Select((header, column) => Math.Max(header.Length, _rows.Max(row => row[column].Length))).ToArray();
        terminal.Output.WriteLine(Line(headers, widths, terminal.OutputIsLive ? (_, text) => $"\e[2m{text}\e[0m" : null));
        foreach (var row in _rows)
            terminal.Output.WriteLine(Line(row, widths, terminal.OutputIsLive ? (cell, text) => StateColours.Ansi(cell, text) : null));
    }

    private string Line(string[] cells, int[] widths, Func<string, string, string>? style)
    {
        var padded = cells.Select((cell, column) =>
        {
            var text = _right.Contains(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]);
            return style is null ? text : style(cell, text);
        });
        var line = string.Join("  ", padded);
        return style is null ? line.TrimEnd() : line;
    }
}
