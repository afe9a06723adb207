namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads a list that holds more than quoted texts: `{ [Executable = "a";], [ … ] }`, `{ {a, {b, c}}, {b, d} }`. A bare word in it is a text.
/// </summary>
internal sealed class NestedReader(JdlCursor cursor, Func<string?> readString, Func<List<JdlEntry>?> readRecord, Func<bool> countItem)
{
    private const string WriteLists = "Items are \"texts\", bare words, {lists} and [records], with ',' between them.";
    private int _depth;

    /// <summary>The list that begins here, and where its items begin; null after a fault.</summary>
    public JdlValue? ReadList(List<TextPlace>? places = null)
    {
        var opening = cursor.At++;
        if (++_depth > Limits.DeepestRecord)
            return Fail(opening, $"lists are nested deeper than {Limits.DeepestRecord}", "Dependencies = {{a, b}, {b, {c, d}}} needs three.");
        var items = new List<JdlValue>();
        for (cursor.SkipBlanks(); !cursor.Take('}'); cursor.SkipBlanks())
        {
            if (cursor.AtEnd) return Fail(opening, "the '{' has no matching '}'", "Close the list with '}'.");
            if (!countItem()) return null;
            places?.Add(cursor.Place);
            if (ReadItem() is not { } item) return null;
            items.Add(item);
            cursor.SkipBlanks();
            if (!cursor.AtEnd && !cursor.Take(',') && cursor.Current != '}') return Fail(cursor.At, "',' or '}' is missing after a list item", WriteLists);
        }
        _depth--;
        return items.All(item => item is JdlString) ? new JdlSet([.. items.Cast<JdlString>().Select(item => item.Text)]) : new JdlList(items);
    }

    private JdlValue? ReadItem() => cursor.Current switch
    {
        '{' => ReadList(),
        '[' => readRecord() is { } entries ? new JdlRecord(entries) : null,
        '"' => readString() is { } text ? new JdlString(text) : null,
        _ => cursor.TakeBareWord() is { Length: > 0 } word
            ? new JdlString(word)
            : Fail(cursor.At, $"{Faults.Shown(cursor.Current.ToString())} was not expected in a list", WriteLists),
    };

    private JdlValue? Fail(int at, string message, string hint)
    {
        cursor.Fail(at, message, hint);
        return null;
    }
}
