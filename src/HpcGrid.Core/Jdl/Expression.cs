namespace HpcGrid.Core.Jdl;

/// <summary>
/// A ClassAd expression (R-A10) as Requirements and Rank hold it. Promises: parsing reports line and column; evaluation never
/// throws, ends after one visit of each part, and answers in three values: `undefined` when it needs what nobody has said,
/// `error` when it makes no sense. AliEn's `!other.CE == "x"` means `!(other.CE == "x")`.
/// </summary>
public sealed class Expression
{
    private readonly Node _root;
    private readonly string _text;

    private Expression(Node root, string text)
    {
        _root = root;
        _text = text;
    }

    /// <summary>Reads an expression. Throws GridError(Invalid) with line and column.</summary>
    public static Expression Parse(string text)
    {
        if (text.Length > Limits.LongestJdl)
            throw GridError.Invalid("line 1, column 1: the expression is longer than 10 MB", "Shorten it.");
        var faults = new Faults();
        var expression = TryParse(text, TextMap.Of(text), faults);
        faults.ThrowIfAny();
        return expression!;
    }

    /// <summary>Null after adding a fault.</summary>
    internal static Expression? TryParse(string text, TextMap map, Faults faults) =>
        new ExpressionParser(text, map, faults).Read() is { } root ? new Expression(root, text) : null;

    /// <summary>What it comes to for this site (`other`) and this job (`self`); bare names are looked up in the job, then in the site.</summary>
    public Value Evaluate(IAttributes other, IAttributes? self = null) => _root.Evaluate(new Sides(other, self ?? Nothing.Known));

    /// <summary>The parts that `&amp;&amp;` joins at the top, from left to right, parentheses taken off; at least one.</summary>
    public IReadOnlyList<Expression> Conditions() => [.. Conjuncts(_root).Select(node => new Expression(node, _text))];

    /// <summary>The attributes it asks the site about, each once, in their order; "TTL", not "other.TTL".</summary>
    public IReadOnlyList<string> SiteAttributes()
    {
        var names = new List<string>();
        var open = new Stack<Node>([_root]);
        while (open.TryPop(out var node))
        {
            if (node is AttributeNode { Side: not Side.Self } attribute && !names.Contains(attribute.Name, StringComparer.OrdinalIgnoreCase))
                names.Add(attribute.Name);
            foreach (var child in node.Children.Reverse()) open.Push(child);
        }
        return names;
    }

    /// <summary>True when it asks the job something.</summary>
    internal bool AsksJob
    {
        get
        {
            var open = new Stack<Node>([_root]);
            while (open.TryPop(out var node))
            {
                if (node is AttributeNode { Side: not Side.Other }) return true;
                foreach (var child in node.Children) open.Push(child);
            }
            return false;
        }
    }

    /// <summary>`other.Name op literal`, when it is just that.</summary>
    internal (string Attribute, string Operator, Value Bound)? AsBound() =>
        _root is ChainNode { First: AttributeNode { Side: Side.Other } attribute, Rest: [(var op, LiteralNode literal)] } ? (attribute.Name, op,
            literal.Value) : null;

    /// <summary>The storage elements that it wants near, `member(other.CloseSE, "…")` not negated, wherever they stand.</summary>
    internal IReadOnlyList<string> WantedStorageElements()
    {
        var wanted = new List<string>();
        var open = new Stack<Node>([_root]);
        while (open.TryPop(out var node))
        {
            if (node is NotNode) continue;
            if (node is CallNode { Function.Name: "member" } call && call.Arguments.Any(argument => argument is AttributeNode { Name: var name }
                && name.Equals("CloseSE", StringComparison.OrdinalIgnoreCase)))
                wanted.AddRange(call.Arguments.OfType<LiteralNode>().Select(literal => literal.Value).OfType<Value.Text>().Select(text => text.Characters));
            foreach (var child in node.Children) open.Push(child);
        }
        return wanted;
    }

    /// <summary>Its text as written.</summary>
    public override string ToString() => _text[_root.Start.._root.End];

    private static IEnumerable<Node> Conjuncts(Node root)
    {
        var open = new Stack<Node>([root]);
        while (open.TryPop(out var node))
        {
            if (node is LogicNode { IsAnd: true } and) foreach (var child in and.Children.Reverse()) open.Push(child);
            else yield return node;
        }
    }

    private sealed class Nothing : IAttributes
    {
        public static Nothing Known { get; } = new();
        public Value Find(string name) => Value.Undefined.Instance;
    }
}

/// <summary>The two sides an expression speaks of.</summary>
internal readonly record struct Sides(IAttributes Other, IAttributes Self);
