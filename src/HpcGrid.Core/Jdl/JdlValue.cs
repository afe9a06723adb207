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

/// <summary>Anything else: the text of an expression, as it stands, arguments put in.</summary>
public sealed record JdlRaw(string Text) : JdlValue
{
    public override string ToString() => Text;
}
