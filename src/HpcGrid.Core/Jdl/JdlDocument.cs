using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>One `Key = value;` with the places to name in an error.</summary>
/// <param name="Key">As written.</param>
/// <param name="Value">What it says.</param>
public sealed record JdlEntry(string Key, JdlValue Value)
{
    /// <summary>Where the key stands; null when the entry did not come from a text.</summary>
    public TextPlace? Place { get; init; }

    /// <summary>Where the value begins.</summary>
    public TextPlace? ValuePlace { get; init; }

    /// <summary>Where each item of a set begins; empty for other values.</summary>
    public IReadOnlyList<TextPlace> ItemPlaces { get; init; } = [];

    /// <summary>From offsets in an expression's text to places; null for other values.</summary>
    internal TextMap? RawMap { get; init; }

    /// <summary>Where item number <paramref name="index"/> begins, or else the value.</summary>
    internal TextPlace? PlaceOfItem(int index) => index < ItemPlaces.Count ? ItemPlaces[index] : ValuePlace;
}

/// <summary>
/// A job description as keys and values, nothing understood yet. Keys are found in any case; of a repeated key the last counts.
/// </summary>
public sealed class JdlDocument
{
    private readonly Dictionary<string, JdlEntry> _byKey;

    /// <summary>Takes entries in order; a later one replaces an earlier one of the same key and stands in its place.</summary>
    public JdlDocument(IEnumerable<JdlEntry> entries)
    {
        _byKey = new Dictionary<string, JdlEntry>(StringComparer.OrdinalIgnoreCase);
        var replaced = new List<JdlEntry>();
        foreach (var entry in entries)
        {
            if (_byKey.TryGetValue(entry.Key, out var earlier)) replaced.Add(earlier);
            _byKey[entry.Key] = entry;
        }
        Entries = [.. _byKey.Values];
        Replaced = replaced;
    }

    /// <summary>The entries, each key once, in the order of first appearance.</summary>
    public IReadOnlyList<JdlEntry> Entries { get; }

    /// <summary>Entries that a later one of the same key made void.</summary>
    public IReadOnlyList<JdlEntry> Replaced { get; }

    /// <summary>The entry of that key in any case, or null.</summary>
    public JdlEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>The canonical text: one entry a line, known keys in AliEn's spelling. Parses to the same document.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var entry in Entries) text.Append(JdlText.Entry(JdlKeys.Spelling(entry.Key), entry.Value));
        return text.ToString();
    }
}
