namespace HpcGrid.Core.Jdl;

/// <summary>Requirements that no site can ever fulfil, found without knowing any site. What it does not find may still be impossible.</summary>
internal static class ImpossibleRules
{
    /// <summary>Why the condition is true nowhere; null when it may be true somewhere.</summary>
    public static string? WhyNever(Expression? requirements)
    {
        if (requirements is null) return null;
        var conditions = requirements.Conditions();
        foreach (var condition in conditions)
        {
            var asked = condition.SiteAttributes();
            if (asked.Any(Requirements.IsKnown)) continue;
            // It asks no site anything that sites say, so it has the same value everywhere.
            if (condition.Evaluate(Silent.Site) is Value.Flag { IsTrue: true } || condition.AsksJob) continue;
            var said = Faults.Shown(condition.ToString());
            return asked.Count == 0 ? $"{said} is never true" : $"{said} asks for {asked[0]}, which no site says";
        }
        return Contradiction(conditions);
    }

    /// <summary>Two conditions that cannot both be true: different values of one attribute, or bounds that leave nothing between them.</summary>
    private static string? Contradiction(IReadOnlyList<Expression> conditions)
    {
        var seen = new Dictionary<string, (Expression Condition, Range Allowed)>(StringComparer.OrdinalIgnoreCase);
        foreach (var condition in conditions)
        {
            if (condition.AsBound() is not var (attribute, op, value)) continue;
            var range = Range.Of(op, value);
            if (range is null) continue;
            if (seen.TryGetValue(attribute, out var earlier))
            {
                range = earlier.Allowed.And(range);
                if (range is null) return $"{Faults.Shown(earlier.Condition.ToString())} and {Faults.Shown(condition.ToString())} exclude each other";
            }
            seen[attribute] = (condition, range);
        }
        return null;
    }

    /// <summary>The values an attribute may have: one text, or numbers between two bounds.</summary>
    private sealed record Range(string? Text, double Least, bool LeastIsIn, double Most, bool MostIsIn)
    {
        public static Range? Of(string op, Value value) => (op, value) switch
        {
            ("==", Value.Text text) => new Range(text.Characters, 0, true, 0, true),
            (_, Value.Whole whole) => Of(op, whole.Number),
            (_, Value.Real real) => Of(op, real.Number),
            _ => null,
        };

        /// <summary>Null when nothing is in both.</summary>
        public Range? And(Range other)
        {
            if (Text is not null || other.Text is not null) return string.Equals(Text, other.Text, StringComparison.OrdinalIgnoreCase) ? this : null;
            var least = Least > other.Least ? (Least, LeastIsIn) : Least < other.Least ? (other.Least, other.LeastIsIn) : (Least, LeastIsIn && other.LeastIsIn);
            var most = Most < other.Most ? (Most, MostIsIn) : Most > other.Most ? (other.Most, other.MostIsIn) : (Most, MostIsIn && other.MostIsIn);
            return least.Item1 < most.Item1 || (least.Item1 == most.Item1 && least.Item2 && most.Item2)
                ? new Range(null, least.Item1, least.Item2, most.Item1, most.Item2)
                : null;
        }

        private static Range? Of(string op, double bound) => op switch
        {
            "==" => new Range(null, bound, true, bound, true),
            ">" => new Range(null, bound, false, double.PositiveInfinity, true),
            ">=" => new Range(null, bound, true, double.PositiveInfinity, true),
            "<" => new Range(null, double.NegativeInfinity, true, bound, false),
            "<=" => new Range(null, double.NegativeInfinity, true, bound, true),
            _ => null,
        };
    }

    private sealed class Silent : IAttributes
    {
        public static Silent Site { get; } = new();
        public Value Find(string name) => Value.Undefined.Instance;
    }
}
