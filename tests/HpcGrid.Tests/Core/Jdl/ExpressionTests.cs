using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Core.Jdl;

public sealed class ExpressionTests
{
    /// <summary>Three-valued logic of the ClassAd reference (R-A10): T true, F false, U undefined, E error; an error in front stays.</summary>
    private const string Logic = """
        a b  a&&b a||b a==b a!=b a=?=b a=!=b
        T T  T    T    T    F    T     F
        T F  F    T    F    T    F     T
        T U  U    T    U    U    F     T
        T E  E    T    E    E    F     T
        F T  F    T    F    T    F     T
        F F  F    F    T    F    T     F
        F U  F    U    U    U    F     T
        F E  F    E    E    E    F     T
        U T  U    T    U    U    F     T
        U F  F    U    U    U    F     T
        U U  U    U    U    U    T     F
        U E  E    E    E    E    F     T
        E T  E    E    E    E    F     T
        E F  E    E    E    E    F     T
        E U  E    E    E    E    F     T
        E E  E    E    E    E    T     F
        """;

    public static IEnumerable<TestCaseData> LogicCases()
    {
        var rows = Logic.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return from row in rows.Skip(1)
               from column in Enumerable.Range(2, rows[0].Length - 2)
               let text = Word(row[0]) + " " + rows[0][column][1..^1] + " " + Word(row[1])
               select new TestCaseData(text, Word(row[column])).SetName($"{text} is {Word(row[column])}");
    }

    [TestCaseSource(nameof(LogicCases))]
    public void Logic_has_three_values(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("!true", "false")]
    [TestCase("!false", "true")]
    [TestCase("!undefined", "undefined")]
    [TestCase("!error", "error")]
    [TestCase("!5", "error")]
    [TestCase("!!true", "true")]
    [TestCase("-5", "-5")]
    [TestCase("- -5", "5")]
    [TestCase("+5", "5")]
    [TestCase("-undefined", "undefined")]
    [TestCase("-\"x\"", "error")]
    [TestCase("true ? 1 : 2", "1")]
    [TestCase("false ? 1 : 2", "2")]
    [TestCase("undefined ? 1 : 2", "undefined")]
    [TestCase("error ? 1 : 2", "error")]
    [TestCase("1 ? 1 : 2", "error")]
    [TestCase("true ? false ? 1 : 2 : 3", "2")]
    [TestCase("false ? 1 : true ? 2 : 3", "2")]
    [TestCase("1 && true", "error")]
    [TestCase("false && 1", "false")]
    [TestCase("\"x\" || true", "error")]
    public void Unary_operators_and_choices(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("1 + 2 * 3", "7")]
    [TestCase("(1 + 2) * 3", "9")]
    [TestCase("10 - 2 - 3", "5")]
    [TestCase("7 / 2", "3")]
    [TestCase("-7 / 2", "-3")]
    [TestCase("7 % 3", "1")]
    [TestCase("7.0 / 2", "3.5")]
    [TestCase("1.5e2 + 1", "151.0")]
    [TestCase("2 * 0.5", "1.0")]
    [TestCase("1 / 0", "error")]
    [TestCase("1 % 0", "error")]
    [TestCase("1.0 / 0", "error")]
    [TestCase("9223372036854775807 + 1", "error")]
    [TestCase("-9223372036854775807 - 1", "-9223372036854775808")]
    [TestCase("(-9223372036854775807 - 1) / -1", "error")]
    [TestCase("(-9223372036854775807 - 1) % -1", "0")]
    [TestCase("-(-9223372036854775807 - 1)", "error")]
    [TestCase("1e308 * 10", "error")]
    [TestCase("1 + undefined", "undefined")]
    [TestCase("undefined + error", "error")]
    [TestCase("1 + \"x\"", "error")]
    [TestCase("true + 1", "error")]
    public void Arithmetic_is_exact_or_an_error(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("1 < 2", "true")]
    [TestCase("2 <= 2.0", "true")]
    [TestCase("1 == 1.0", "true")]
    [TestCase("1 =?= 1.0", "false")]
    [TestCase("1 != 2", "true")]
    [TestCase("2 > 1 && 2 >= 2", "true")]
    [TestCase("\"abc\" == \"ABC\"", "true")]
    [TestCase("\"abc\" =?= \"ABC\"", "false")]
    [TestCase("\"abc\" < \"abd\"", "true")]
    [TestCase("\"a\" == 1", "error")]
    [TestCase("true < false", "error")]
    [TestCase("true == true", "true")]
    [TestCase("{1} == {1}", "error")]
    [TestCase("{1, \"a\"} =?= {1, \"a\"}", "true")]
    [TestCase("undefined < 1", "undefined")]
    [TestCase("1 < 2 == true", "true")]
    [TestCase("1 + 1 == 2 && 3 * 3 > 8", "true")]
    public void Comparisons(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("member({\"a\", \"b\"}, \"B\")", "true")]
    [TestCase("member(\"b\", {\"a\", \"b\"})", "true")]
    [TestCase("member({1, 2}, 3)", "false")]
    [TestCase("member({}, 3)", "false")]
    [TestCase("member(1, 2)", "error")]
    [TestCase("member(undefined, 2)", "undefined")]
    [TestCase("member(error, undefined)", "error")]
    [TestCase("MEMBER({1}, 1)", "true")]
    [TestCase("size({1, 2, 3})", "3")]
    [TestCase("size(\"abc\")", "3")]
    [TestCase("size(1)", "error")]
    [TestCase("strcat(\"a\", 1, true, 2.5)", "\"a1true2.5\"")]
    [TestCase("strcat()", "\"\"")]
    [TestCase("toLower(\"AbC\")", "\"abc\"")]
    [TestCase("toUpper(\"AbC\")", "\"ABC\"")]
    [TestCase("toUpper(1)", "error")]
    [TestCase("regexp(\"^A+b$\", \"AAb\")", "true")]
    [TestCase("regexp(\"x\", \"abc\")", "false")]
    [TestCase("regexp(\"(\", \"abc\")", "error")]
    [TestCase("regexp(\"(a)\\\\1\", \"aa\")", "error")]
    [TestCase("regexp(1, \"abc\")", "error")]
    [TestCase("isUndefined(undefined)", "true")]
    [TestCase("isUndefined(other.Nothing)", "true")]
    [TestCase("isUndefined(1)", "false")]
    [TestCase("isError(1/0)", "true")]
    [TestCase("isError(undefined)", "false")]
    public void Functions(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("other.TTL", "3600")]
    [TestCase("OTHER.ttl", "3600")]
    [TestCase("TARGET.TTL", "3600")]
    [TestCase("self.TTL", "60")]
    [TestCase("MY.TTL", "60")]
    [TestCase("TTL", "60")]
    [TestCase("CE", "\"V::S::C\"")]
    [TestCase("other.Nothing", "undefined")]
    [TestCase("self.CE", "undefined")]
    [TestCase("other.TTL > self.TTL", "true")]
    [TestCase("true_or_so", "undefined")]
    public void Names_are_looked_up_on_their_side(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("!other.CE == \"V::S::C\"", "false")]
    [TestCase("!other.CE == \"V::S::D\"", "true")]
    [TestCase("!other.CE != \"V::S::D\"", "false")]
    [TestCase("! other.CE==\"V::S::D\" && other.TTL > 5", "true")]
    [TestCase("!other.Nothing == \"V\"", "undefined")]
    [TestCase("!(other.CE == \"V::S::C\")", "false")]
    [TestCase("!member(other.CloseSE, \"V::S::E\")", "false")]
    [TestCase("!other.Flag == true", "false")]
    [TestCase("!other.Flag == false", "true")]
    [TestCase("!other.Flag", "false")]
    public void AliEns_not_means_the_whole_comparison(string text, string expected) => Assert.That(Evaluate(text), Is.EqualTo(expected));

    [TestCase("", "line 1, column 1: the expression ends too early")]
    [TestCase("1 +", "line 1, column 4: the expression ends too early")]
    [TestCase("(1", "line 1, column 3: the expression ends where ')' is missing")]
    [TestCase("1)", "line 1, column 2: ')' was not expected here")]
    [TestCase("a = 1", "line 1, column 3: '=' is not an operator; '==' compares")]
    [TestCase("a == \"x", "line 1, column 6: the string that begins here has no closing quote")]
    [TestCase("a &&\n b ||", "line 2, column 6: the expression ends too early")]
    [TestCase("a ? b", "line 1, column 6: the expression ends where ':' is missing")]
    [TestCase("foo(1)", "line 1, column 1: there is no function 'foo'")]
    [TestCase("size(1, 2)", "line 1, column 1: size() takes 1 argument, not 2")]
    [TestCase("member(1)", "line 1, column 1: member() takes 2 arguments, not 1")]
    [TestCase("site.CE", "line 1, column 1: 'site' is neither 'other' (the site) nor 'self' (the job)")]
    [TestCase("other.", "line 1, column 7: the name of an attribute is missing after 'other.'")]
    [TestCase("other .CE", "line 1, column 7: '.' was not expected here")]
    [TestCase("99999999999999999999", "line 1, column 1: '99999999999999999999' is not a number, or too large")]
    [TestCase("1e999", "line 1, column 1: '1e999' is not a number, or too large")]
    [TestCase("1.2.3", "line 1, column 1: '1.2.3' is not a number, or too large")]
    [TestCase("{1, 2", "line 1, column 6: the expression ends where ',' is missing")]
    [TestCase("{1 2}", "line 1, column 4: ',' is missing before '2'")]
    [TestCase("a & b", "line 1, column 3: '&' was not expected here")]
    [TestCase("8GB", "line 1, column 2: 'G' was not expected here")]
    public void A_wrong_expression_is_refused_with_its_place(string text, string message)
    {
        var error = Assert.Throws<GridError>(() => Expression.Parse(text))!;
        Assert.That((error.Code, error.Message), Is.EqualTo((ErrorCode.Invalid, message)));
        Assert.That(error.Hint, Is.Not.Null.And.Not.Empty);
    }

    [Test]
    public void Nesting_is_bounded_and_length_is_not()
    {
        foreach (var (open, close) in new[] { ("(", ")"), ("!", ""), ("-", ""), ("{", "}"), ("size(", ")"), ("true ? ", " : 1"), ("(!", ")") })
        {
            var deep = string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000));
            Assert.That(Assert.Throws<GridError>(() => Expression.Parse(deep))!.Message, Does.Contain("nested deeper than 100"), open);
        }
        Assert.That(Evaluate(string.Concat(Enumerable.Repeat("(", 90)) + "1" + string.Concat(Enumerable.Repeat(")", 90))), Is.EqualTo("1"));
        Assert.That(Evaluate("true" + string.Concat(Enumerable.Repeat(" && true", 200_000))), Is.EqualTo("true"));
        Assert.That(Evaluate("1" + string.Concat(Enumerable.Repeat(" + 1", 200_000))), Is.EqualTo("200001"));
        Assert.That(Evaluate("1" + string.Concat(Enumerable.Repeat(" == 1", 200_000))), Is.EqualTo("error"));
    }

    [Test]
    public void Its_conditions_are_what_and_joins_at_the_top()
    {
        var expression = Expression.Parse(" a == 1 && ( b || c && d )  && (e && !f) ");
        Assert.That(expression.Conditions().Select(condition => condition.ToString()), Is.EqualTo(new[] { "a == 1", "( b || c && d )", "e", "!f" }));
        Assert.That(expression.ToString(), Is.EqualTo("a == 1 && ( b || c && d )  && (e && !f)"));
        Assert.That(Expression.Parse("other.A > B && self.C && member(other.D, A)").SiteAttributes(), Is.EqualTo(new[] { "A", "B", "D" }));
    }

    private static string Word(string letter) => letter switch { "T" => "true", "F" => "false", "U" => "undefined", _ => "error" };

    private static string Evaluate(string text) => Expression.Parse(text).Evaluate(new Side(new()
    {
        ["TTL"] = Value.Of(3600L),
        ["CE"] = Value.Of("V::S::C"),
        ["CloseSE"] = Value.Of(["V::S::E", "V::S::F"]),
        ["Flag"] = Value.True,
    }), new Side(new() { ["TTL"] = Value.Of(60L) })).ToString();

    private sealed class Side(Dictionary<string, Value> values) : IAttributes
    {
        private readonly Dictionary<string, Value> _values = new(values, StringComparer.OrdinalIgnoreCase);
        public Value Find(string name) => _values.GetValueOrDefault(name) ?? Value.Undefined.Instance;
    }
}
