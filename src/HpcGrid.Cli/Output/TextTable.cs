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
        var screen = terminal.OutputIsLive ? terminal.Width() : null;
        if (screen is not null) widths[^1] = 0;
        foreach (var row in _rows.Select(row => Fitting(row, widths, screen)))
            terminal.Output.WriteLine(Line(row, widths, terminal.OutputIsLive ? (cell, text) => StateColours.Ansi(cell, text) : null));
    }

    /// <summary>On a terminal the last column gives way, so that a job stays on its line.</summary>
    private string[] Fitting(string[] cells, int[] widths, int? screen)
    {
        if (screen is not { } columns || cells.Length == 0) return cells;
        var left = Math.Max(columns - widths[..^1].Sum(width => width + 2), headers[^1].Length);
        return cells[^1].Length <= left ? cells : [.. cells[..^1], cells[^1][..Math.Max(0, left - 1)] + "…"];
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
