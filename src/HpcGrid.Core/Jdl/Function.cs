using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace HpcGrid.Core.Jdl;

/// <summary>A function of expressions. Given error or undefined it answers with it, unless asking for that is its purpose.</summary>
/// <param name="Name">As it is written; found in any case.</param>
/// <param name="Fewest">Fewest arguments.</param>
/// <param name="Most">Most arguments.</param>
/// <param name="Apply">What it does; never throws.</param>
internal sealed record Function(string Name, int Fewest, int Most, Func<Value[], Value> Apply)
{
    private static readonly FrozenDictionary<string, Function> ByName = new Function[]
    {
        Strict("member", 2, 2, Member),
        Strict("size", 1, 1, Size),
        Strict("strcat", 0, int.MaxValue, StrCat),
        Strict("toLower", 1, 1, values => OnText(values[0], text => text.ToLowerInvariant())),
        Strict("toUpper", 1, 1, values => OnText(values[0], text => text.ToUpperInvariant())),
        Strict("regexp", 2, 2, Matches),
        new("isUndefined", 1, 1, values => Value.Of(values[0] is Value.Undefined)),
        new("isError", 1, 1, values => Value.Of(values[0] is Value.Error)),
    }.ToFrozenDictionary(function => function.Name, StringComparer.OrdinalIgnoreCase);

    public static Function? Find(string name) => ByName.GetValueOrDefault(name);
    public static string Known => string.Join(", ", ByName.Values.Select(function => function.Name).Order(StringComparer.OrdinalIgnoreCase));

    private static Function Strict(string name, int fewest, int most, Func<Value[], Value> apply) => new(name, fewest, most, values =>
        values.FirstOrDefault(value => value is Value.Error) ?? values.FirstOrDefault(value => value is Value.Undefined) ?? apply(values));

    /// <summary>AliEn writes member(list, x), ClassAds member(x, list); both are meant. Texts are compared in any case, as by ==.</summary>
    private static Value Member(Value[] values) => (values[0], values[1]) switch
    {
        (Value.List list, var item and not Value.List) => Value.Of(list.Items.Any(element => Same(element, item))),
        (var item and not Value.List, Value.List list) => Value.Of(list.Items.Any(element => Same(element, item))),
        _ => new Value.Error("member() wants a list and an item"),
    };

    private static bool Same(Value left, Value right) => left is Value.Text a && right is Value.Text b
        ? string.Equals(a.Characters, b.Characters, StringComparison.OrdinalIgnoreCase)
        : left.Equals(right);

    private static Value Size(Value[] values) => values[0] switch
    {
        Value.List list => Value.Of((long)list.Items.Count),
        Value.Text text => Value.Of((long)text.Characters.Length),
        var other => new Value.Error($"size() wants a list or a text, not {other}"),
    };

    private static Value StrCat(Value[] values)
    {
        var texts = values.Select(value => value is Value.Text text ? text.Characters : value.ToString()).ToArray();
        return texts.Sum(text => (long)text.Length) <= Limits.LongestExpressionText
            ? Value.Of(string.Concat(texts))
            : new Value.Error("strcat() makes too long a text");
    }

    private static Value OnText(Value value, Func<string, string> change) =>
        value is Value.Text text ? Value.Of(change(text.Characters)) : new Value.Error($"{value} is not a text");

    /// <summary>regexp(pattern, text): found anywhere. Without back-references, in time linear in the text.</summary>
    private static Value Matches(Value[] values)
    {
        if (values is not [Value.Text pattern, Value.Text text]) return new Value.Error("regexp() wants a pattern and a text");
        if (pattern.Characters.Length > Limits.LongestRegexp) return new Value.Error("regexp() has too long a pattern");
        try { return Value.Of(Regex.IsMatch(text.Characters, pattern.Characters, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)); }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return new Value.Error($"regexp() cannot use the pattern {pattern}");
        }
    }
}
