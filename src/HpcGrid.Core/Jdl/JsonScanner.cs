using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads the JSON form of a description: the same keys, lists and numbers as JSON has them, expressions as texts. Promises what
/// <see cref="JdlParser"/> does: linear time, places, bounds, and that what is read can be written as JDL and says the same there.
/// </summary>
/// <param name="text">The text; its first character that is no blank is '{'.</param>
/// <param name="arguments">Values for $1, $2 … in texts; `\$1` is the text "$1".</param>
/// <param name="faults">Where faults go.</param>
internal sealed class JsonScanner(string text, IReadOnlyList<string> arguments, Faults faults)
{
    private static readonly HashSet<string> Expressions = new(StringComparer.OrdinalIgnoreCase) { "Requirements", "OrigRequirements", "Rank" };

    private readonly LineIndex _lines = new(text);
    private int _items;
    private int _char;
    private long _byte;
    private long _putIn;

    /// <summary>True for a text that is meant to be JSON.</summary>
    public static bool Applies(string text)
    {
        var first = text.AsSpan().TrimStart('\uFEFF').TrimStart();
        return first.Length > 0 && first[0] == '{';
    }

    /// <summary>The entries; what they hold when there are faults is of no use.</summary>
    public List<JdlEntry> Read()
    {
        var start = text.StartsWith('\uFEFF') ? 1 : 0;
        (_char, _byte) = (start, 0);
        var bytes = Encoding.UTF8.GetBytes(text[start..]);
        var options = new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = Limits.DeepestRecord };
        var reader = new Utf8JsonReader(bytes, options);
        try
        {
            reader.Read();
            var entries = ReadEntries(ref reader);
            // Whatever stands behind the closing brace is an error of the reader's.
            while (!faults.IsFull && reader.Read()) reader.Skip();
            return entries;
        }
        catch (JsonException e)
        {
            faults.Add(PlaceOf(e), $"this is no JSON: {Shortened(e)}", "A text whose first character is '{' is read as JSON; JDL does not begin so.");
            return [];
        }
    }

    private List<JdlEntry> ReadEntries(ref Utf8JsonReader reader)
    {
        var entries = new List<JdlEntry>();
        var keys = 0;
        while (!faults.IsFull && reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var place = Place(ref reader);
            var key = TextOf(ref reader, place) ?? "";
            reader.Read();
            if (++keys > Limits.MostKeys)
            {
                faults.Add(place, $"there are more than {Limits.MostKeys} keys", "Remove keys that the job does not need.");
                reader.Skip();
            }
            else if (key.Length is 0 or > Limits.LongestKey || !key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                faults.Add(place, $"{Faults.Shown(key)} cannot be a key", $"Keys are letters, digits and '_', at most {Limits.LongestKey} of them.");
                reader.Skip();
            }
            else if (ReadEntry(ref reader, key, place) is { } entry) entries.Add(entry);
        }
        return entries;
    }

    private JdlEntry? ReadEntry(ref Utf8JsonReader reader, string key, TextPlace place)
    {
        var entry = new JdlEntry(key, new JdlString("")) { Place = place, ValuePlace = Place(ref reader) };
        if (reader.TokenType == JsonTokenType.String && Expressions.Contains(key)) return ReadExpression(ref reader, entry);
        var places = new List<TextPlace>();
        return ReadValue(ref reader, entry.ValuePlace.Value, places) is { } value ? entry with { Value = value, ItemPlaces = places } : null;
    }

    /// <summary>Null after a fault.</summary>
    private JdlValue? ReadValue(ref Utf8JsonReader reader, TextPlace place, List<TextPlace>? places)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return TextOf(ref reader, place) is { } content ? new JdlString(WithArguments(content, place)) : null;
            case JsonTokenType.Number:
                return Number(ref reader, place);
            case JsonTokenType.True or JsonTokenType.False:
                return new JdlRaw(reader.TokenType == JsonTokenType.True ? "true" : "false");
            case JsonTokenType.StartObject:
                return new JdlRecord(ReadEntries(ref reader));
            case JsonTokenType.StartArray:
                return ReadList(ref reader, places);
            default:
                faults.Add(place, "null is no value", "Give the key a value, or remove it.");
                return null;
        }
    }

    private JdlValue ReadList(ref Utf8JsonReader reader, List<TextPlace>? places)
    {
        var items = new List<JdlValue>();
        while (!faults.IsFull && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var place = Place(ref reader);
            if (++_items > Limits.MostListItems)
            {
                if (_items == Limits.MostListItems + 1)
                    faults.Add(place, $"the lists have more than {Limits.MostListItems} items", "Put long lists into a file and name it in InputFile.");
                reader.Skip();
                continue;
            }
            places?.Add(place);
            if (ReadValue(ref reader, place, null) is { } item) items.Add(item is JdlInteger or JdlReal or JdlRaw ? new JdlString(item.ToString()) : item);
        }
        return items.All(item => item is JdlString) ? new JdlSet([.. items.Cast<JdlString>().Select(item => item.Text)]) : new JdlList(items);
    }

    private JdlValue? Number(ref Utf8JsonReader reader, TextPlace place)
    {
        if (reader.TryGetInt64(out var whole)) return new JdlInteger(whole);
        var written = Encoding.UTF8.GetString(reader.ValueSpan);
        if (written.AsSpan().ContainsAny('.', 'e', 'E') && double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            && double.IsFinite(real))
            return new JdlReal(real);
        faults.Add(place, $"the number {Faults.Shown(written)} is too large", $"Whole numbers go from {long.MinValue} to {long.MaxValue}.");
        return null;
    }

    /// <summary>JDL's own reading of an expression, so that the two forms cannot differ.</summary>
    private JdlEntry? ReadExpression(ref Utf8JsonReader reader, JdlEntry entry)
    {
        var place = entry.ValuePlace!.Value;
        if (TextOf(ref reader, place) is not { } written) return null;
        var inner = new Faults();
        var read = new JdlScanner($"K = {written}\n;", arguments, inner).Read();
        if (!inner.Any && !HasBracket(written) && read is [{ Value: JdlRaw or JdlInteger or JdlReal } one])
            return entry with { Value = one.Value, RawMap = new TextMap(_lines, Math.Min(_char + 1, text.Length)) };
        faults.Add(place, $"{JdlKeys.Spelling(entry.Key)} = {Faults.Shown(written)} is no expression", "Write an expression in a text: \"other.TTL > 3600\".");
        return null;
    }

    /// <summary>No expression has one outside its texts, and in a record it would end that.</summary>
    private static bool HasBracket(string expression)
    {
        var inText = false;
        for (var i = 0; i < expression.Length; i++)
            if (inText && expression[i] == '\\') i++;
            else if (expression[i] == '"') inText = !inText;
            else if (!inText && expression[i] is '[' or ']') return true;
        return false;
    }

    /// <summary>Null after a fault: the text holds what no description can.</summary>
    private string? TextOf(ref Utf8JsonReader reader, TextPlace place)
    {
        string? content;
        try { content = reader.GetString(); }
        catch (InvalidOperationException) { content = null; }
        if (content is not null && !content.AsSpan().ContainsAny('\0', '\uFFFD')) return content;
        faults.Add(place, "the text holds a NUL character or half a character", "Neither arguments nor file names can hold one.");
        return null;
    }

    private string WithArguments(string content, TextPlace place)
    {
        if (!content.Contains('$', StringComparison.Ordinal)) return content;
        var inner = new Faults();
        var cursor = new JdlCursor(content, arguments, inner);
        var result = new StringBuilder(content.Length);
        while (!cursor.AtEnd && !inner.Any)
        {
            if (cursor.Current == '\\' && cursor.At + 1 < content.Length && content[cursor.At + 1] == '$')
            {
                cursor.At += 2;
                result.Append('$');
            }
            else cursor.Copy(result, ArgumentPlace.Text);
        }
        _putIn += Math.Max(0, result.Length - content.Length);
        inner.MoveTo(faults, place);
        if (_putIn > Limits.LongestJdl) faults.Add(place, "the arguments put in make the description longer than 10 MB",
            "Put long texts into a file and name it in InputFile.");
        return result.ToString();
    }

    private TextPlace Place(ref Utf8JsonReader reader) => PlaceOfByte(reader.TokenStartIndex);

    /// <summary>Tokens come in order, so that counting goes on where it stopped.</summary>
    private TextPlace PlaceOfByte(long offset)
    {
        while (_byte < offset && _char < text.Length)
        {
            var isPair = char.IsHighSurrogate(text[_char]) && _char + 1 < text.Length;
            _byte += isPair ? 4 : text[_char] < 0x80 ? 1 : text[_char] < 0x800 ? 2 : 3;
            _char += isPair ? 2 : 1;
        }
        return _lines.PlaceOf(_char);
    }

    private TextPlace PlaceOf(JsonException e)
    {
        var line = (int)Math.Min(e.LineNumber ?? 0, int.MaxValue - 1);
        return _lines.PlaceInLine(line, e.BytePositionInLine ?? 0, text);
    }

    /// <summary>Without the place, which stands in front of it already.</summary>
    private static string Shortened(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var message = end < 0 ? e.Message : e.Message[..end];
        return message.Length <= Limits.LongestReason ? message.TrimEnd('.') : message[..Limits.LongestReason] + "…";
    }
}
