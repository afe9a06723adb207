using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>What an expression can come to. The list is closed.</summary>
public abstract record Value
{
    private Value() { }

    public static Value Of(bool flag) => flag ? True : False;
    public static Value Of(string text) => new Text(text);
    public static Value Of(long number) => new Whole(number);
    public static Value Of(IEnumerable<string> texts) => new List([.. texts.Select(Of)]);

    public static Value True { get; } = new Flag(true);
    public static Value False { get; } = new Flag(false);

    /// <summary>As an error message shows it, and as it is written in an expression.</summary>
    public abstract override string ToString();

    /// <summary>An attribute that nobody has said anything about.</summary>
    public sealed record Undefined : Value
    {
        public static Undefined Instance { get; } = new();
        public override string ToString() => "undefined";
    }

    /// <summary>Something that has no answer: a text divided by a number.</summary>
    /// <param name="Why">For people; two errors are equal whatever it says.</param>
    public sealed record Error(string Why) : Value
    {
        public bool Equals(Error? other) => other is not null;
        public override int GetHashCode() => 1;
        public override string ToString() => "error";
    }

    public sealed record Flag(bool IsTrue) : Value
    {
        public override string ToString() => IsTrue ? "true" : "false";
    }

    public sealed record Whole(long Number) : Value
    {
        public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Always finite.</summary>
    public sealed record Real(double Number) : Value
    {
        public override string ToString() => new JdlReal(Number).ToString();
    }

    public sealed record Text(string Characters) : Value
    {
        public override string ToString() => JdlText.Quote(Characters);
    }

    public sealed record List(IReadOnlyList<Value> Items) : Value
    {
        public bool Equals(List? other) => other is not null && Items.SequenceEqual(other.Items);
        public override int GetHashCode() => Items.Count;
        public override string ToString() => "{" + string.Join(", ", Items.Take(5)) + (Items.Count > 5 ? ", …}" : "}");
    }
}

/// <summary>What an expression may ask about one side: the site, or the job.</summary>
public interface IAttributes
{
    /// <summary>The attribute's value, its name in any case; Undefined for one it says nothing about.</summary>
    Value Find(string name);
}
