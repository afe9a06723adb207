using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>The right side of `Key = …;` The list of kinds is closed (jalien.md 3.1).</summary>
public abstract record JdlValue
{
    private protected JdlValue() { }

    /// <summary>JDL text that parses to this value again.</summary>
    public abstract override string ToString();
}

/// <summary>`"text"`, its escapes resolved.</summary>
public sealed record JdlString(string Text) : JdlValue
{
    public override string ToString() => JdlText.Quote(Text);
}

/// <summary>
/// `{ "a", "b" }` in order. Repetitions are kept here; keys whose meaning is a set drop them when they are read.
/// </summary>
public sealed record JdlSet(IReadOnlyList<string> Items) : JdlValue
{
    public override string ToString() => JdlText.Set(Items);
    public bool Equals(JdlSet? other) => other is not null && Items.SequenceEqual(other.Items);
    public override int GetHashCode() => Items.Aggregate(Items.Count, HashCode.Combine);
}

/// <summary>A bare whole number (AliEn's Integer and Long).</summary>
public sealed record JdlInteger(long Number) : JdlValue
{
    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A bare decimal number (AliEn's Double); always finite.</summary>
public sealed record JdlReal(double Number) : JdlValue
{
    public override string ToString()
    {
        var text = Number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }
}

/// <summary>`{ … }` with lists or records in it: nodes, dependencies. A list of texts alone is a <see cref="JdlSet"/>.</summary>
public sealed record JdlList(IReadOnlyList<JdlValue> Items) : JdlValue
{
    public override string ToString() => "{" + string.Join(", ", Items) + "}";
    public bool Equals(JdlList? other) => other is not null && Items.SequenceEqual(other.Items);
    public override int GetHashCode() => Items.Aggregate(Items.Count, HashCode.Combine);
}

/// <summary>
/// `[ Key = value; … ]`: a description in a description; keys as written, because they may be names of nodes. Equal when keys and values are,
/// wherever they stood.
/// </summary>
public sealed record JdlRecord(IReadOnlyList<JdlEntry> Entries) : JdlValue
{
    public override string ToString() => "[" + string.Concat(Entries.Select(entry => $"{entry.Key} = {entry.Value}; ")).TrimEnd() + "]";
    public bool Equals(JdlRecord? other) => other is not null && Pairs.SequenceEqual(other.Pairs);
    public override int GetHashCode() => Entries.Aggregate(Entries.Count, (hash, entry) => HashCode.Combine(hash, entry.Value));

    private IEnumerable<(string, JdlValue)> Pairs => Entries.Select(entry => (entry.Key, entry.Value));
}

/// <summary>Anything else: the text of an expression, as it stands, arguments put in.</summary>
public sealed record JdlRaw(string Text) : JdlValue
{
    public override string ToString() => Text;
}
