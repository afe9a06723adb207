using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpcGrid.Core.Sites;

/// <summary>
/// Named amounts that jobs take and nodes have: "gpu=2,licence=0.5". Counted in thousandths, so that sums of fractions are exact. Immutable,
/// compared by what is in it.
/// </summary>
[JsonConverter(typeof(CountersJson))]
public sealed class Counters : IEquatable<Counters>
{
    /// <summary>The name under which GPUs are counted.</summary>
    public const string Gpu = "gpu";

    /// <summary>Thousandths of one.</summary>
    public const int One = 1000;

    private readonly SortedList<string, long> _amounts;

    private Counters(SortedList<string, long> amounts) => _amounts = amounts;

    /// <summary>Nothing is counted.</summary>
    public static Counters None { get; } = new([]);

    public bool IsNone => _amounts.Count == 0;

    /// <summary>Names and thousandths, by name; no amount is 0.</summary>
    public IEnumerable<KeyValuePair<string, long>> Amounts => _amounts;

    /// <summary>Thousandths of that name; 0 for one that is not there.</summary>
    public long Of(string name) => _amounts.GetValueOrDefault(name);

    /// <summary>What <see cref="ToString"/> writes; "" is none. Throws GridError(Invalid).</summary>
    public static Counters Parse(string text)
    {
        var amounts = new List<KeyValuePair<string, long>>();
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, value) = item.IndexOf('=') is var at and > 0 ? (item[..at].TrimEnd(), item[(at + 1)..].TrimStart()) : (item, "");
            if (!decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                || amount > Limits.MostCounted || amount * One % 1 != 0)
                throw Wrong(item, $"the amount must be a number from 0 to {Limits.MostCounted} with at most three decimals");
            amounts.Add(new(name, (long)(amount * One)));
        }
        return From(amounts);
    }

    /// <summary>From thousandths; those of 0 are left out. Throws GridError(Invalid) for a name that is none or comes twice.</summary>
    public static Counters From(IEnumerable<KeyValuePair<string, long>> thousandths)
    {
        var amounts = new SortedList<string, long>(StringComparer.Ordinal);
        foreach (var (name, amount) in thousandths)
        {
            if (!IsName(name)) throw Wrong(name, $"a name has 1 to {Limits.LongestCounterName} lower-case letters and digits and begins with a letter");
            if (!amounts.TryAdd(name, amount)) throw Wrong(name, "it is named twice");
        }
        foreach (var name in amounts.Where(pair => pair.Value == 0).Select(pair => pair.Key).ToList()) amounts.Remove(name);
        if (amounts.Count > Limits.MostCounters) throw Wrong(amounts.Keys[^1], $"there may be {Limits.MostCounters} counters");
        return amounts.Count == 0 ? None : new Counters(amounts);
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and <= Limits.LongestCounterName && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    /// <summary>The first name of which this asks more than is offered; null when all of it is there.</summary>
    public string? MissingFrom(Counters offered)
    {
        foreach (var (name, amount) in _amounts)
            if (offered.Of(name) < amount) return name;
        return null;
    }

    /// <summary>What is left after taking; the caller has seen that it is there.</summary>
    public Counters Minus(Counters taken) => taken.IsNone ? this : Combine(taken, -1);

    public Counters Plus(Counters given) => given.IsNone ? this : Combine(given, 1);

    /// <summary>The greater of both, name by name: what the best of two offers.</summary>
    public Counters Best(Counters other) =>
        From(_amounts.Keys.Union(other._amounts.Keys).Select(name => new KeyValuePair<string, long>(name, Math.Max(Of(name), other.Of(name)))));

    private Counters Combine(Counters other, int sign) =>
        From(_amounts.Keys.Union(other._amounts.Keys).Select(name => new KeyValuePair<string, long>(name, Of(name) + (sign * other.Of(name)))));

    /// <summary>An amount as people write it: "0.5".</summary>
    public static string Text(long thousandths) => ((decimal)thousandths / One).ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>"gpu=2,licence=0.5", by name.</summary>
    public override string ToString() => string.Join(',', _amounts.Select(pair => $"{pair.Key}={Text(pair.Value)}"));

    public bool Equals(Counters? other) => other is not null && _amounts.SequenceEqual(other._amounts);

    public override bool Equals(object? obj) => Equals(obj as Counters);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private static GridError Wrong(string item, string why) =>
        GridError.Invalid($"'{item}' is no counter: {why}", "Write them like \"gpu=1,licence=0.5\".");
}

/// <summary>Counters travel as their text.</summary>
public sealed class CountersJson : JsonConverter<Counters>
{
    public override Counters Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try { return Counters.Parse(reader.GetString() ?? ""); }
        catch (Exception e) when (e is GridError or InvalidOperationException) { throw new JsonException(e.Message, e); }
    }

    public override void Write(Utf8JsonWriter writer, Counters value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
