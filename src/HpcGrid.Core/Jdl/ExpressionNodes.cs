namespace HpcGrid.Core.Jdl;

/// <summary>
/// Parts of an expression. Chains of one level (a or b or c …) are one node with many operands, so that the depth of recursion
/// is the depth of nesting, which the parser bounds, and never the length of the text.
/// </summary>
internal abstract record Node(int Start, int End)
{
    public virtual IEnumerable<Node> Children => [];
    public abstract Value Evaluate(Sides sides);

    private protected static Value Undefined => Value.Undefined.Instance;
    private protected static Value Fail(string why) => new Value.Error(why);

    /// <summary>The operand that decides a strict operation by being error or undefined, or null.</summary>
    private protected static Value? Unusable(Value left, Value right) =>
        left is Value.Error ? left : right is Value.Error ? right
        : left is Value.Undefined || right is Value.Undefined ? Undefined : null;
}

internal sealed record LiteralNode(Value Value, int Start, int End) : Node(Start, End)
{
    public override Value Evaluate(Sides sides) => Value;
}

internal enum Side { Either, Other, Self }

internal sealed record AttributeNode(Side Side, string Name, int Start, int End) : Node(Start, End)
{
    public override Value Evaluate(Sides sides) => Side switch
    {
        Side.Other => sides.Other.Find(Name),
        Side.Self => sides.Self.Find(Name),
        _ => sides.Self.Find(Name) is { } own and not Value.Undefined ? own : sides.Other.Find(Name),
    };
}

internal sealed record ListNode(IReadOnlyList<Node> Items, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => Items;
    public override Value Evaluate(Sides sides) => new Value.List([.. Items.Select(item => item.Evaluate(sides))]);
}

internal sealed record ChoiceNode(Node Condition, Node Then, Node Else, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => [Condition, Then, Else];

    public override Value Evaluate(Sides sides) => Condition.Evaluate(sides) switch
    {
        Value.Flag { IsTrue: true } => Then.Evaluate(sides),
        Value.Flag => Else.Evaluate(sides),
        Value.Undefined => Undefined,
        Value.Error error => error,
        var other => Fail($"{other} is not a condition"),
    };
}

/// <summary>
/// `&amp;&amp;` and `||`, from left to right, as the ClassAd reference decides them: false and anything behind it is false, an error in
/// front stays an error, undefined gives way to what decides.
/// </summary>
internal sealed record LogicNode(bool IsAnd, IReadOnlyList<Node> Operands, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => Operands;

    public override Value Evaluate(Sides sides)
    {
        var result = Value.Of(IsAnd);
        foreach (var operand in Operands)
        {
            var next = operand.Evaluate(sides);
            if (next is not (Value.Flag or Value.Undefined or Value.Error)) next = Fail($"{next} is not a condition");
            if (next is Value.Error) return next;
            if (next is Value.Flag flag && flag.IsTrue != IsAnd) return next;
            if (next is Value.Undefined) result = next;
        }
        return result;
    }
}

internal sealed record NotNode(Node Operand, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => [Operand];

    public override Value Evaluate(Sides sides) => Operand.Evaluate(sides) switch
    {
        Value.Flag flag => Value.Of(!flag.IsTrue),
        Value.Undefined => Undefined,
        Value.Error error => error,
        var other => Fail($"{other} is not a condition"),
    };
}

internal sealed record MinusNode(Node Operand, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => [Operand];

    public override Value Evaluate(Sides sides) => Operand.Evaluate(sides) switch
    {
        Value.Whole { Number: long.MinValue } => Fail("a number is too large"),
        Value.Whole whole => new Value.Whole(-whole.Number),
        Value.Real real => new Value.Real(-real.Number),
        Value.Undefined => Undefined,
        Value.Error error => error,
        var other => Fail($"{other} is not a number"),
    };
}

/// <summary>Comparisons and arithmetic of one level, from left to right.</summary>
internal sealed record ChainNode(Node First, IReadOnlyList<(string Operator, Node Operand)> Rest, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => Rest.Select(step => step.Operand).Prepend(First);

    public override Value Evaluate(Sides sides)
    {
        var result = First.Evaluate(sides);
        foreach (var (op, operand) in Rest) result = Combine(op, result, operand.Evaluate(sides));
        return result;
    }

    private static Value Combine(string op, Value left, Value right) => op switch
    {
        "=?=" => Value.Of(left.Equals(right)),
        "=!=" => Value.Of(!left.Equals(right)),
        _ => Unusable(left, right) ?? (op is "+" or "-" or "*" or "/" or "%" ? Reckon(op, left, right) : Compare(op, left, right)),
    };

    private static Value Compare(string op, Value left, Value right) => (left, right) switch
    {
        (Value.Flag a, Value.Flag b) => op switch
        {
            "==" => Value.Of(a.IsTrue == b.IsTrue),
            "!=" => Value.Of(a.IsTrue != b.IsTrue),
            _ => Fail("true and false have no order"),
        },
        (Value.Whole a, Value.Whole b) => Decide(op, a.Number.CompareTo(b.Number)),
        (Value.Text a, Value.Text b) => Decide(op, string.Compare(a.Characters, b.Characters, StringComparison.OrdinalIgnoreCase)),
        _ when Number(left) is { } a && Number(right) is { } b => Decide(op, a.CompareTo(b)),
        _ => Fail($"{left} and {right} cannot be compared"),
    };

    private static Value Decide(string op, int order) => Value.Of(op switch
    {
        "==" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    });

    private static Value Reckon(string op, Value left, Value right)
    {
        if (left is Value.Whole a && right is Value.Whole b) return ReckonWhole(op, a.Number, b.Number);
        if (Number(left) is not { } x || Number(right) is not { } y) return Fail($"{(Number(left) is null ? left : right)} is not a number");
        var result = op switch { "+" => x + y, "-" => x - y, "*" => x * y, "/" => x / y, _ => x % y };
        return double.IsFinite(result) ? new Value.Real(result) : Fail("a number is too large, or divided by zero");
    }

    private static Value ReckonWhole(string op, long a, long b)
    {
        if (op is "/" or "%" && b == 0) return Fail("division by zero");
        // -2^63 divided by -1 is the one quotient that traps.
        var exact = op switch { "+" => (Int128)a + b, "-" => (Int128)a - b, "*" => (Int128)a * b, "/" => (Int128)a / b, _ => (Int128)a % b };
        return exact >= long.MinValue && exact <= long.MaxValue ? new Value.Whole((long)exact) : Fail("a number is too large");
    }

    private static double? Number(Value value) => value switch
    {
        Value.Whole whole => whole.Number,
        Value.Real real => real.Number,
        _ => null,
    };
}

internal sealed record CallNode(Function Function, IReadOnlyList<Node> Arguments, int Start, int End) : Node(Start, End)
{
    public override IEnumerable<Node> Children => Arguments;
    public override Value Evaluate(Sides sides) => Function.Apply([.. Arguments.Select(argument => argument.Evaluate(sides))]);
}
