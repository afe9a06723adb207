using System.Globalization;
using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Recursive descent over an expression's text; stops at the first fault. From loose to tight:
/// ?: · || · &amp;&amp; · == != =?= =!= · &lt; &lt;= &gt; &gt;= · + - · * / % · ! - · names, literals, calls, { }, ( ).
/// </summary>
internal sealed class ExpressionParser(string text, TextMap map, Faults faults)
{
    private static readonly string[][] Levels = [["=?=", "=!=", "==", "!="], ["<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]];
    private int _at;
    private int _end;
    private int _depth;
    private bool _failed;

    /// <summary>Null after a fault.</summary>
    public Node? Read()
    {
        Skip();
        if (Choice() is not { } root) return null;
        return _at == text.Length ? root : Fail(_at, Unexpected());
    }

    private Node? Choice()
    {
        var start = _at;
        if (++_depth > Limits.DeepestExpression) return Fail(_at, $"the expression is nested deeper than {Limits.DeepestExpression}");
        var condition = Logic(isAnd: false);
        if (condition is not null && Take("?"))
        {
            if (Choice() is not { } then || !Expect(":") || Choice() is not { } otherwise) return null;
            condition = new ChoiceNode(condition, then, otherwise, start, _end);
        }
        _depth--;
        return condition;
    }

    private Node? Logic(bool isAnd)
    {
        var start = _at;
        if (Operand() is not { } first) return null;
        if (!Take(isAnd ? "&&" : "||")) return first;
        var operands = new List<Node> { first };
        do
        {
            if (Operand() is not { } next) return null;
            operands.Add(next);
        }
        while (Take(isAnd ? "&&" : "||"));
        return new LogicNode(isAnd, operands, start, _end);

        Node? Operand() => isAnd ? Chain(0) : Logic(isAnd: true);
    }

    private Node? Chain(int level)
    {
        if (level == Levels.Length) return Unary();
        var start = _at;
        if (Chain(level + 1) is not { } first) return null;
        var rest = new List<(string, Node)>();
        while (TakeOne(Levels[level]) is { } op)
        {
            if (Chain(level + 1) is not { } next) return null;
            rest.Add((op, next));
        }
        return rest.Count == 0 ? first : new ChainNode(first, rest, start, _end);
    }

    private Node? Unary()
    {
        var start = _at;
        var isNot = Peek() == '!' && Peek(1) != '=';
        if (!isNot && Peek() != '-' && Peek() != '+') return Primary();
        var isMinus = Peek() == '-';
        _at++;
        Skip();
        if (++_depth > Limits.DeepestExpression) return Fail(_at, $"the expression is nested deeper than {Limits.DeepestExpression}");
        var operand = Unary();
        _depth--;
        if (operand is null) return null;
        if (!isNot) return isMinus ? new MinusNode(operand, start, _end) : operand;
        // AliEn writes `!other.CE == "x"` for "not this CE"; read literally it would negate a name. For flags both readings agree.
        if (operand is AttributeNode && TakeOne(["==", "!="]) is { } op)
        {
            if (Chain(1) is not { } right) return null;
            operand = new ChainNode(operand, [(op, right)], operand.Start, _end);
        }
        return new NotNode(operand, start, _end);
    }

    private Node? Primary()
    {
        var start = _at;
        var c = Peek();
        if (c == '(') return Parenthesised();
        if (c == '{') { _at++; Skip(); return Listed("}") is { } items ? new ListNode(items, start, _end) : null; }
        if (c == '"') return Quoted();
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1)))) return Number();
        if (char.IsAsciiLetter(c) || c == '_') return Named();
        return Fail(_at, Unexpected());
    }

    private Node? Parenthesised()
    {
        var start = _at++;
        Skip();
        if (Choice() is not { } inner || !Expect(")")) return null;
        return inner with { Start = start, End = _end };
    }

    /// <summary>Comma-separated expressions up to the closing character; null after a fault.</summary>
    private List<Node>? Listed(string closing)
    {
        var items = new List<Node>();
        if (Take(closing)) return items;
        while (true)
        {
            if (Choice() is not { } item) return null;
            items.Add(item);
            if (Take(closing)) return items;
            if (!Expect(",")) return null;
        }
    }

    private LiteralNode? Quoted()
    {
        var start = _at++;
        var content = new StringBuilder();
        while (_at < text.Length && text[_at] != '"')
        {
            if (text[_at] == '\\' && _at + 1 < text.Length) _at++;
            content.Append(text[_at++]);
        }
        if (_at == text.Length) return Fail(start, "the string that begins here has no closing quote") as LiteralNode;
        _at++;
        return Literal(Value.Of(content.ToString()), start);
    }

    private LiteralNode? Number()
    {
        var start = _at;
        while (char.IsAsciiDigit(Peek()) || Peek() == '.' || (Peek() is 'e' or 'E' && IsExponent())) _at += Peek() is 'e' or 'E' ? 2 : 1;
        var number = text.AsSpan(start, _at - start);
        if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)) return Literal(Value.Of(whole), start);
        var isReal = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real);
        return isReal && number.ContainsAny('.', 'e', 'E')
            ? Literal(new Value.Real(real), start)
            : Fail(start, $"{Faults.Shown(number.ToString())} is not a number, or too large") as LiteralNode;
    }

    private bool IsExponent() => char.IsAsciiDigit(Peek(1)) || (Peek(1) is '+' or '-' && char.IsAsciiDigit(Peek(2)));

    private Node? Named()
    {
        var start = _at;
        var name = Name();
        if (Peek() == '(') return Call(start, name);
        if (Peek() != '.') return name.ToUpperInvariant() switch
        {
            "TRUE" => Literal(Value.True, start),
            "FALSE" => Literal(Value.False, start),
            "UNDEFINED" => Literal(Value.Undefined.Instance, start),
            "ERROR" => Literal(new Value.Error("the description says so"), start),
            _ => Attribute(Side.Either, name, start),
        };
        _at++;
        Side? side = name.ToUpperInvariant() switch { "OTHER" or "TARGET" => Side.Other, "SELF" or "MY" => Side.Self, _ => null };
        if (side is null) return Fail(start, $"{Faults.Shown(name)} is neither 'other' (the site) nor 'self' (the job)");
        var attribute = Name();
        return attribute.Length > 0 ? Attribute(side.Value, attribute, start) : Fail(_at, $"the name of an attribute is missing after '{name}.'");
    }

    private Node? Call(int start, string name)
    {
        if (Function.Find(name) is not { } function)
            return Fail(start, $"there is no function {Faults.Shown(name)}", $"The functions are {Function.Known}.");
        _at++;
        Skip();
        if (Listed(")") is not { } arguments) return null;
        return arguments.Count >= function.Fewest && arguments.Count <= function.Most
            ? new CallNode(function, arguments, start, _end)
            : Fail(start, $"{function.Name}() takes {function.Fewest} argument{(function.Fewest == 1 ? "" : "s")}, not {arguments.Count}");
    }

    private string Name()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Peek()) || Peek() == '_') _at++;
        return text[start.._at];
    }

    private AttributeNode Attribute(Side side, string name, int start)
    {
        Skip();
        return new AttributeNode(side, name, start, _end);
    }

    private LiteralNode Literal(Value value, int start)
    {
        Skip();
        return new LiteralNode(value, start, _end);
    }

    private char Peek(int ahead = 0) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    /// <summary>Remembers where the last token ended and goes to the next.</summary>
    private void Skip()
    {
        _end = _at;
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private bool Take(string token)
    {
        if (string.CompareOrdinal(text, _at, token, 0, token.Length) != 0) return false;
        _at += token.Length;
        Skip();
        return true;
    }

    private string? TakeOne(string[] tokens)
    {
        foreach (var token in tokens) if (Take(token)) return token;
        return null;
    }

    private bool Expect(string token)
    {
        if (Take(token)) return true;
        Fail(_at, _at == text.Length ? $"the expression ends where '{token}' is missing" : $"'{token}' is missing before {Faults.Shown(text[_at].ToString())}");
        return false;
    }

    private string Unexpected() => _at == text.Length
        ? "the expression ends too early"
        : text[_at] == '=' ? "'=' is not an operator; '==' compares"
        : $"{Faults.Shown(text[_at].ToString())} was not expected here";

    private Node? Fail(int at, string message, string? hint = null)
    {
        if (!_failed) faults.Add(map.PlaceOf(at), message, hint ?? "An expression looks like: other.CE == \"VO::SITE::NAME\" && other.TTL > 3600");
        _failed = true;
        return null;
    }

}
