using System.Globalization;
using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// One pass over a text, entry by entry. After a fault it goes on behind the next ';', so that one reading finds several faults;
/// after an unfinished string nothing behind it can be trusted and it stops.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="arguments">Values for $1, $2 …</param>
/// <param name="faults">Where faults go.</param>
/// <param name="isCheck">True in the second reading of a value that was put together.</param>
internal sealed class JdlScanner(string text, IReadOnlyList<string> arguments, Faults faults, bool isCheck = false)
{
    private const string WriteLists = "Write lists as {\"a\", \"b\"}; a quote inside an item is \\\".";
    private const string CloseString = "Close it with '\"'; a quote inside a string is written \\\" and a backslash \\\\.";

    private readonly JdlCursor _cursor = new(text, arguments, faults);
    private int _items;
    private int _depth;
    private bool _bracketed;

    private bool AtClosing => _bracketed && _cursor.Current == ']';

    public List<JdlEntry> Read()
    {
        _cursor.SkipBlanks();
        var opening = _cursor.At;
        _bracketed = _cursor.Take('[');
        var entries = ReadEntries();
        if (_bracketed && !faults.Any) CheckEnd(opening);
        return entries;
    }

    /// <summary>
    /// Entries up to the end or the closing bracket, which stays. In a record the first fault ends the reading: what follows may be anybody's.
    /// </summary>
    private List<JdlEntry> ReadEntries()
    {
        var entries = new List<JdlEntry>();
        var keys = 0;
        for (_cursor.SkipBlanks(); !_cursor.AtEnd && !AtClosing && !faults.IsFull; _cursor.SkipBlanks())
        {
            if (_cursor.Take(';')) continue;
            if (keys++ == Limits.MostKeys)
            {
                _cursor.Fail(_cursor.At, $"there are more than {Limits.MostKeys} keys", "Remove keys that the job does not need.");
                break;
            }
            if (ReadEntry() is { } entry) entries.Add(entry);
            else if (_depth > 0) _cursor.SkipToEnd();
            else _cursor.SkipToNextEntry();
        }
        return entries;
    }

    private void CheckEnd(int opening)
    {
        if (!_cursor.Take(']'))
        {
            _cursor.Fail(opening, "the '[' has no matching ']'", "Close the description with ']' or remove the '['.");
            return;
        }
        _cursor.SkipBlanks();
        if (!_cursor.AtEnd) _cursor.Fail(_cursor.At, "there is text behind the closing ']'", "Remove it, or move it before the ']'.");
    }

    /// <summary>Null after a fault.</summary>
    private JdlEntry? ReadEntry()
    {
        var start = _cursor.At;
        var first = _cursor.Current;
        var key = _cursor.TakeKey();
        if (key.Length == 0)
            return Fail(start, first == '#' ? "a comment begins in the middle of a line" : $"{Faults.Shown(first.ToString())} cannot begin a key",
                "An entry is 'Key = value;', its key letters, digits and '_'; a comment is a line that starts with '#'.");
        if (key.Length > Limits.LongestKey)
            return Fail(start, $"the key {Faults.Shown(key)} is longer than {Limits.LongestKey} characters", "Shorten it.");
        _cursor.SkipBlanks();
        if (!_cursor.Take('='))
            return Fail(_cursor.At, $"'=' is missing after {Faults.Shown(key)}", "Write 'Key = value;' and end the entry before with ';'.");
        _cursor.SkipBlanks();
        if (_cursor.AtEnd || AtClosing || _cursor.Current == ';') return FailEmpty(_cursor.At, key);
        var entry = new JdlEntry(key, new JdlString("")) { Place = _cursor.PlaceOf(start), ValuePlace = _cursor.Place };
        return _cursor.Current switch
        {
            '{' => ReadSet(entry),
            '[' => ReadRecord(entry),
            '"' => ReadText(entry),
            _ => ReadRaw(entry),
        };
    }

    private JdlEntry? ReadText(JdlEntry entry)
    {
        var start = _cursor.At;
        if (ReadString() is not { } content) return null;
        if (EndsHere(entry.Key)) return entry with { Value = new JdlString(content) };
        _cursor.At = start;
        return ReadRaw(entry);
    }

    /// <summary>True when the value is complete here; a missing ';' before the next line's key is a fault, but the value is complete too.</summary>
    private bool EndsHere(string key)
    {
        var end = _cursor.At;
        _cursor.SkipBlanks();
        if (_cursor.AtEnd || AtClosing || _cursor.Take(';')) return true;
        if (_cursor.AtKey())
        {
            FailMissingSemicolon(end, key);
            return true;
        }
        _cursor.At = end;
        return false;
    }

    private JdlEntry? ReadSet(JdlEntry entry)
    {
        var opening = _cursor.At++;
        var items = new List<string>();
        var places = new List<TextPlace>();
        _cursor.SkipBlanks();
        if (_cursor.Current is '{' or '[') return ReadList(entry, opening);
        var isRead = _cursor.AtEnd || _cursor.Current is '"' or '}' ? ReadItems(opening, items, places) : ReadBareItem(opening, items, places);
        if (!isRead) return _cursor.Current is '{' or '[' && !faults.Any && !_cursor.AtEnd ? ReadList(entry, opening) : null;
        return Ended(entry with { Value = new JdlSet(items), ItemPlaces = places });
    }

    private JdlEntry? ReadList(JdlEntry entry, int opening)
    {
        _cursor.At = opening;
        var places = new List<TextPlace>();
        var nested = new NestedReader(_cursor, ReadString, ReadRecordEntries, CountItem);
        return nested.ReadList(places) is { } list ? Ended(entry with { Value = list, ItemPlaces = places }) : FailNested();
    }

    private JdlEntry? ReadRecord(JdlEntry entry) =>
        ReadRecordEntries() is { } entries ? Ended(entry with { Value = new JdlRecord(entries) }) : FailNested();

    /// <summary>The entries of the record that begins here; null after a fault.</summary>
    private List<JdlEntry>? ReadRecordEntries()
    {
        var opening = _cursor.At++;
        var outer = _bracketed;
        if (++_depth > Limits.DeepestRecord)
        {
            _cursor.Fail(opening, $"records are nested deeper than {Limits.DeepestRecord}", "A node is described in one record; it holds no nodes of its own.");
            return null;
        }
        _bracketed = true;
        var entries = ReadEntries();
        var isClosed = _cursor.Take(']');
        if (!isClosed && !faults.Any) _cursor.Fail(opening, "the '[' has no matching ']'", "Close the record with ']'.");
        (_bracketed, _depth) = (outer, _depth - 1);
        return isClosed && !faults.Any ? entries : null;
    }

    private JdlEntry? FailNested()
    {
        _cursor.SkipToEnd();
        return null;
    }

    private JdlEntry? Ended(JdlEntry entry)
    {
        var end = _cursor.At;
        return EndsHere(entry.Key) ? entry : Fail(end, $"the list of {entry.Key} is closed, but its entry goes on", "Write ';' after it.");
    }

    /// <summary>False after a fault: there are too many items.</summary>
    private bool CountItem() => ++_items <= Limits.MostListItems
        || _cursor.Fail(_cursor.At, $"the lists have more than {Limits.MostListItems} items", "Put long lists into a file and name it in InputFile.");

    /// <summary>Quoted items and the closing brace. False after a fault, and before a list or a record.</summary>
    private bool ReadItems(int opening, List<string> items, List<TextPlace> places)
    {
        while (true)
        {
            _cursor.SkipBlanks();
            if (_cursor.AtEnd) return _cursor.Fail(opening, "the '{' has no matching '}'", "Close the list with '}'.");
            if (_cursor.Take('}')) return true;
            if (_cursor.Current is '{' or '[' && items.Count > 0) return false;
            if (_cursor.Current != '"')
                return _cursor.Fail(_cursor.At, $"an item in quotes or '}}' must stand here, not {Faults.Shown(_cursor.Current.ToString())}", WriteLists);
            if (!CountItem()) return false;
            places.Add(_cursor.Place);
            if (ReadString() is not { } item) return false;
            items.Add(item);
            _cursor.SkipBlanks();
            if (!_cursor.AtEnd && !_cursor.Take(',') && _cursor.Current != '}')
                return _cursor.Fail(_cursor.At, "',' or '}' is missing after a list item", WriteLists);
        }
    }

    /// <summary>AliEn: braces without quotes hold one item, their whole text. False after a fault, and before a list.</summary>
    private bool ReadBareItem(int opening, List<string> items, List<TextPlace> places)
    {
        places.Add(_cursor.Place);
        var item = new StringBuilder();
        while (!_cursor.AtEnd && _cursor.Current is not ('}' or '{' or '"' or ';')) _cursor.Copy(item, ArgumentPlace.Text);
        if (_cursor.AtEnd || _cursor.Current == ';') return _cursor.Fail(opening, "the '{' has no matching '}'", "Close the list with '}'.");
        if (_cursor.Current == '{') return false;
        if (!_cursor.Take('}')) return _cursor.Fail(_cursor.At, "a list cannot hold bare words beside quoted items", WriteLists);
        items.Add(item.ToString().Trim());
        return true;
    }

    /// <summary>The string that begins here, escapes resolved and arguments put in; null after a fault.</summary>
    private string? ReadString()
    {
        var start = _cursor.At++;
        var content = new StringBuilder();
        while (!_cursor.AtEnd)
        {
            if (_cursor.Take('"')) return content.ToString();
            if (_cursor.Take('\\'))
            {
                if (_cursor.AtEnd) break;
                content.Append(_cursor.Current);
                _cursor.At++;
            }
            else _cursor.Copy(content, ArgumentPlace.Text);
        }
        _cursor.Fail(start, "the string that begins here has no closing quote", CloseString);
        return null;
    }

    /// <summary>
    /// Everything up to the ';' as it stands, on one line: comments and line ends become blanks, so that places behind them stay
    /// right and the text, written again, cannot be taken for another entry.
    /// </summary>
    private JdlEntry? ReadRaw(JdlEntry entry)
    {
        var start = _cursor.At;
        var (raw, map, keep, quote) = (new StringBuilder(), _cursor.MapFromHere(), 0, -1);
        while (!_cursor.AtEnd)
        {
            var c = _cursor.Current;
            if (quote < 0)
            {
                if (c == ';' || AtClosing) break;
                if (_cursor.At > start && _cursor.AtLineStart)
                {
                    if (_cursor.AtKey()) { FailMissingSemicolon(_cursor.At - 1, entry.Key); break; }
                    var comment = _cursor.CommentLength();
                    raw.Append(' ', comment);
                    _cursor.At += comment;
                    if (comment > 0) continue;
                }
            }
            if (c == '"') quote = quote < 0 ? _cursor.At : -1;
            if (c == '\\' && quote >= 0)
            {
                raw.Append(c);
                _cursor.At++;
                if (_cursor.AtEnd) break;
                raw.Append(_cursor.Current);
                _cursor.At++;
            }
            else if (quote < 0 && c is '\n' or '\r')
            {
                raw.Append(' ');
                _cursor.At++;
            }
            else if (_cursor.Copy(raw, quote >= 0 ? ArgumentPlace.QuotedAgain : ArgumentPlace.Bare)) map.Anchor(raw.Length, _cursor.At);
            if (quote >= 0 || !char.IsWhiteSpace(c)) keep = raw.Length;
        }
        if (quote >= 0) return Fail(quote, "the string that begins here has no closing quote", CloseString);
        _cursor.Take(';');
        return Classified(entry with { RawMap = map }, raw.ToString(0, keep).TrimEnd(), start);
    }

    /// <summary>A bare number, or else an expression.</summary>
    private JdlEntry? Classified(JdlEntry entry, string raw, int start)
    {
        if (raw.Length == 0) return FailEmpty(start, entry.Key);
        var isReal = double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && char.IsAsciiDigit(raw.AsSpan().TrimEnd('.')[^1]);
        if (!isReal)
            return isCheck || ReadsAgain(raw)
                ? entry with { Value = new JdlRaw(raw) }
                : Fail(start, $"the arguments make the value of {entry.Key} unreadable: {Faults.Shown(raw)}", "Put quotes round $1 where it is a text.");
        if (raw.AsSpan().ContainsAny('.', 'e', 'E'))
            return double.IsFinite(real) ? entry with { Value = new JdlReal(real) } : FailTooLarge();
        return long.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? entry with { Value = new JdlInteger(whole) }
            : FailTooLarge();

        JdlEntry? FailTooLarge() =>
            Fail(start, $"the number {Faults.Shown(raw)} is too large", $"Whole numbers go from {long.MinValue} to {long.MaxValue}.");
    }

    /// <summary>The stored text must say the same again, whatever was put in for $1.</summary>
    private static bool ReadsAgain(string raw)
    {
        var faults = new Faults();
        var again = new JdlScanner($"K = {raw};", [], faults, isCheck: true).Read();
        return !faults.Any && again is [{ Value: JdlRaw value }] && value.Text == raw;
    }

    private void FailMissingSemicolon(int at, string key) => _cursor.Fail(at, $"';' is missing after the value of {key}", "End every entry with ';'.");

    private JdlEntry? FailEmpty(int at, string key) => Fail(at, $"{key} has no value", $"Write {key} = \"…\"; or remove the key.");

    private JdlEntry? Fail(int at, string message, string hint)
    {
        _cursor.Fail(at, message, hint);
        return null;
    }
}
