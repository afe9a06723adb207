using System.Globalization;
using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// One pass over a text. After a fault it goes on behind the next ';', so that one reading finds several faults; after an
/// unfinished string nothing behind it can be trusted and it stops.
/// </summary>
internal sealed class JdlScanner
{
    private readonly string _text;
    private readonly IReadOnlyList<string> _arguments;
    private readonly Faults _faults;
    private readonly LineIndex _lines;
    private int _at;
    private int _items;
    private long _putIn;
    private bool _bracketed;

    public JdlScanner(string text, IReadOnlyList<string> arguments, Faults faults)
    {
        _text = text;
        _arguments = arguments;
        _faults = faults;
        _lines = new LineIndex(text);
        _at = text.StartsWith('\uFEFF') ? 1 : 0;
    }

    private bool AtEnd => _at >= _text.Length;
    private bool AtClosing => _bracketed && !AtEnd && _text[_at] == ']';

    public List<JdlEntry> Read()
    {
        var entries = new List<JdlEntry>();
        SkipBlanks();
        var opening = _at;
        if (!AtEnd && _text[_at] == '[') { _bracketed = true; _at++; }
        for (SkipBlanks(); !AtEnd && !AtClosing && !_faults.IsFull; SkipBlanks())
        {
            if (_text[_at] == ';') _at++;
            else if (ReadEntry() is { } entry) entries.Add(entry);
            else SkipToNextEntry();
            if (entries.Count > Limits.MostKeys) { Fail(_at, $"there are more than {Limits.MostKeys} keys", "Split the description."); break; }
        }
        if (!_faults.Any) CheckEnd(opening);
        return entries;
    }

    private void CheckEnd(int opening)
    {
        if (!_bracketed) return;
        if (AtEnd) { Fail(opening, "the '[' has no matching ']'", "Close the description with ']' or remove the '['."); return; }
        _at++;
        SkipBlanks();
        if (!AtEnd) Fail(_at, "there is text behind the closing ']'", "Remove it, or move it before the ']'.");
    }

    private JdlEntry? ReadEntry()
    {
        var start = _at;
        while (!AtEnd && IsKeyCharacter(_text[_at])) _at++;
        var key = _text[start.._at];
        if (key.Length == 0) return FailEntry(start, UnexpectedAtKey(_text[start]), "An entry is 'Key = value;', a key letters, digits and '_'; a comment is a line that starts with '#'.");
        if (key.Length > Limits.LongestKey) return FailEntry(start, $"the key {Faults.Shown(key)} is longer than {Limits.LongestKey} characters", "Shorten it.");
        SkipBlanks();
        if (AtEnd || _text[_at] != '=')
            return FailEntry(_at, $"'=' is missing after the key {Faults.Shown(key)}", "Write 'Key = value;' and end the entry before with ';'.");
        _at++;
        SkipBlanks();
        if (AtEnd || AtClosing || _text[_at] == ';') return FailEntry(_at, $"{key} has no value", $"Write {key} = \"…\"; or remove the key.");
        var valueStart = _at;
        var entry = new JdlEntry(key, new JdlString("")) { Place = _lines.PlaceOf(start), ValuePlace = _lines.PlaceOf(valueStart) };
        return _text[_at] switch
        {
            '{' => ReadSet(entry),
            '"' => ReadString() is { } text ? EndsHere(key) ? entry with { Value = new JdlString(text) } : ReadRaw(entry, valueStart) : null,
            _ => ReadRaw(entry, valueStart),
        };
    }

    private static string UnexpectedAtKey(char c) => c == '#'
        ? "a comment begins in the middle of a line"
        : $"{Faults.Shown(c.ToString())} cannot begin a key";

    /// <summary>True when the value is complete here; a missing ';' before the next line's key is a fault, but the value is complete too.</summary>
    private bool EndsHere(string key)
    {
        var end = _at;
        SkipBlanks();
        if (AtEnd || AtClosing) return true;
        if (_text[_at] == ';') { _at++; return true; }
        if (!BeginsKey(_at)) { _at = end; return false; }
        FailMissingSemicolon(end, key);
        return true;
    }

    private void FailMissingSemicolon(int at, string key) => Fail(at, $"';' is missing after the value of {key}", "End every entry with ';'.");

    private JdlEntry? ReadSet(JdlEntry entry)
    {
        var opening = _at++;
        var items = new List<string>();
        var places = new List<TextPlace>();
        SkipBlanks();
        if (!AtEnd && _text[_at] != '"' && _text[_at] != '}') { if (!ReadBareItem(opening, items, places)) return null; }
        else if (!ReadItems(opening, items, places)) return null;
        _at++;
        var end = _at;
        if (!EndsHere(entry.Key))
            return FailEntry(end, $"the list of {entry.Key} is closed, but its entry goes on", "Write ';' after '}'.");
        return entry with { Value = new JdlSet(items), ItemPlaces = places };
    }

    /// <summary>Quoted items up to the closing brace, where it leaves the cursor. False after a fault.</summary>
    private bool ReadItems(int opening, List<string> items, List<TextPlace> places)
    {
        while (true)
        {
            SkipBlanks();
            if (AtEnd) return Fail(opening, "the '{' has no matching '}'", "Close the list with '}'.");
            if (_text[_at] == '}') return true;
            if (_text[_at] != '"')
                return Fail(_at, $"a list item in quotes or '}}' must stand here, not {Faults.Shown(_text[_at].ToString())}", "Write lists as {\"a\", \"b\"}.");
            if (++_items > Limits.MostListItems)
                return Fail(_at, $"the lists have more than {Limits.MostListItems} items", "Put long lists into a file and name it in InputFile.");
            places.Add(_lines.PlaceOf(_at));
            if (ReadString() is not { } item) return false;
            items.Add(item);
            SkipBlanks();
            if (!AtEnd && _text[_at] == ',') _at++;
            else if (!AtEnd && _text[_at] != '}') return Fail(_at, "',' or '}' is missing after a list item", "Write lists as {\"a\", \"b\"}; a quote inside an item is \\\".");
        }
    }

    /// <summary>AliEn: braces without quotes hold one item, their whole text.</summary>
    private bool ReadBareItem(int opening, List<string> items, List<TextPlace> places)
    {
        var start = _at;
        while (!AtEnd && _text[_at] is not ('}' or '{' or '"' or ';')) _at++;
        if (AtEnd || _text[_at] == ';') return Fail(opening, "the '{' has no matching '}'", "Close the list with '}'.");
        if (_text[_at] != '}') return Fail(_at, "a list cannot hold bare words beside quoted items, nor another list", "Put every item in quotes: {\"a\", \"b\"}.");
        var text = new StringBuilder();
        for (var at = start; at < _at;) Copy(text, ref at, quoted: false);
        items.Add(text.ToString().Trim());
        places.Add(_lines.PlaceOf(start));
        return true;
    }

    /// <summary>The string that begins here, escapes resolved and arguments put in; null after a fault.</summary>
    private string? ReadString()
    {
        var start = _at++;
        var content = new StringBuilder();
        while (!AtEnd && _text[_at] != '"')
        {
            if (_text[_at] == '\\')
            {
                if (_at + 1 == _text.Length) break;
                content.Append(_text[_at + 1]);
                _at += 2;
            }
            else Copy(content, ref _at, quoted: false);
        }
        if (!AtEnd && _text[_at] == '"') { _at++; return content.ToString(); }
        _at = _text.Length;
        Fail(start, "the string that begins here has no closing quote", "Close it with '\"'; a quote inside a string is written \\\" and a backslash \\\\.");
        return null;
    }

    private JdlEntry? ReadRaw(JdlEntry entry, int start)
    {
        _at = start;
        var text = new StringBuilder();
        var map = new TextMap(_lines, start);
        var keep = 0;
        var inString = -1;
        while (!AtEnd)
        {
            var c = _text[_at];
            if (inString < 0 && (c == ';' || AtClosing)) break;
            if (inString < 0 && _at > start && _text[_at - 1] == '\n')
            {
                if (SkipComment(text)) continue;
                if (BeginsKey(AfterBlanks(_at))) { FailMissingSemicolon(_at - 1, entry.Key); break; }
            }
            if (c == '"') inString = inString < 0 ? _at : -1;
            if (c == '\\' && inString >= 0 && _at + 1 < _text.Length) { text.Append(c).Append(_text[_at + 1]); _at += 2; }
            else if (Copy(text, ref _at, inString >= 0)) map.Anchor(text.Length, _at);
            if (inString >= 0 || !char.IsWhiteSpace(c)) keep = text.Length;
        }
        if (inString >= 0) { Fail(inString, "the string that begins here has no closing quote", "Close it with '\"'."); return null; }
        if (!AtEnd && _text[_at] == ';') _at++;
        return Classified(entry with { RawMap = map }, text.ToString(0, keep), start);
    }

    /// <summary>Keeps a comment line's length as blanks, so that places behind it stay right.</summary>
    private bool SkipComment(StringBuilder text)
    {
        var hash = AfterBlanks(_at);
        if (hash >= _text.Length || _text[hash] != '#') return false;
        var end = _text.IndexOf('\n', hash);
        end = end < 0 ? _text.Length : end;
        text.Append(' ', end - _at);
        _at = end;
        return end > hash;
    }

    private JdlEntry? Classified(JdlEntry entry, string text, int start)
    {
        if (text.Length > 0 && (char.IsAsciiDigit(text[^1]) || text[^1] == '.') && IsNumber(text, out var isWhole))
        {
            if (isWhole)
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    ? entry with { Value = new JdlInteger(whole) }
                    : FailEntry(start, $"the number {Faults.Shown(text)} is too large", $"Whole numbers go from {long.MinValue} to {long.MaxValue}.");
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                ? entry with { Value = new JdlReal(real) }
                : FailEntry(start, $"the number {Faults.Shown(text)} is too large", "Write a smaller number.");
        }
        return text.Length > 0
            ? entry with { Value = new JdlRaw(text) }
            : FailEntry(start, $"{entry.Key} has no value", $"Write {entry.Key} = \"…\"; or remove the key.");
    }

    private static bool IsNumber(string text, out bool isWhole)
    {
        isWhole = true;
        var digits = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiDigit(c)) digits++;
            else if (c is '+' or '-' && (i == 0 || text[i - 1] is 'e' or 'E')) { }
            else if (c == '.' || (c is 'e' or 'E' && digits > 0)) isWhole = false;
            else return false;
        }
        return digits > 0 && (isWhole || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
    }

    /// <summary>Copies one character, or the argument that $n stands for. True when an argument was put in.</summary>
    private bool Copy(StringBuilder to, ref int at, bool quoted)
    {
        var end = at + 1;
        while (_text[at] == '$' && end < _text.Length && end - at < 6 && char.IsAsciiDigit(_text[end])) end++;
        if (end == at + 1 || _text[at + 1] == '0') { to.Append(_text[at++]); return false; }
        var number = int.Parse(_text.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture);
        if (number <= _arguments.Count) PutIn(to, at, quoted ? JdlText.Quote(_arguments[number - 1])[1..^1] : _arguments[number - 1]);
        else Fail(at, $"${number} has no value: {_arguments.Count} arguments were given", $"Give at least {number} arguments at submission, or write \\${number} in a string for the text itself.");
        at = end;
        return true;
    }

    /// <summary>A long argument named often would grow without bound, so what is put in counts towards the longest description.</summary>
    private void PutIn(StringBuilder to, int at, string argument)
    {
        _putIn += argument.Length;
        if (_putIn <= Limits.LongestJdl) to.Append(argument);
        else Fail(at, "the arguments put in make the description longer than 10 MB", "Put long texts into a file and name it in InputFile.");
    }

    private void SkipBlanks()
    {
        var fresh = _at == 0 || _text[_at - 1] is '\n' or '\uFEFF';
        for (; !AtEnd; _at++)
        {
            if (_text[_at] == '\n') fresh = true;
            else if (fresh && _text[_at] == '#') { while (_at + 1 < _text.Length && _text[_at + 1] != '\n') _at++; }
            else if (!char.IsWhiteSpace(_text[_at])) return;
        }
    }

    private int AfterBlanks(int at)
    {
        while (at < _text.Length && _text[at] is ' ' or '\t' or '\r') at++;
        return at;
    }

    /// <summary>True for `name =` that is no comparison: there an entry begins, whatever stood before.</summary>
    private bool BeginsKey(int at)
    {
        var start = at;
        while (at < _text.Length && IsKeyCharacter(_text[at])) at++;
        if (at == start) return false;
        at = AfterBlanks(at);
        return at < _text.Length && _text[at] == '=' && (at + 1 == _text.Length || _text[at + 1] is not ('=' or '?' or '!'));
    }

    private void SkipToNextEntry()
    {
        for (var inString = false; !AtEnd; _at++)
        {
            if (_text[_at] == '\\') _at++;
            else if (_text[_at] == '"') inString = !inString;
            else if (_text[_at] == ';' && !inString) { _at++; return; }
            else if (_text[_at] == '\n' && !inString && BeginsKey(AfterBlanks(_at + 1))) return;
        }
    }

    private static bool IsKeyCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private bool Fail(int at, string message, string hint)
    {
        _faults.Add(_lines.PlaceOf(Math.Min(at, _text.Length)), message, hint);
        return false;
    }

    private JdlEntry? FailEntry(int at, string message, string hint)
    {
        Fail(at, message, hint);
        return null;
    }
}
