using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Core.Jdl;

public sealed class JdlParserTests
{
    [TestCase("A = \"x\";", "x")]
    [TestCase("A=\"x\"", "x")]
    [TestCase("  A\n=\n\"x\"\n;\n", "x")]
    [TestCase("A = \"say \\\"hi\\\" \\\\ now\";", "say \"hi\" \\ now")]
    [TestCase("A = \"a;b # c ] } {\";", "a;b # c ] } {")]
    [TestCase("A = \"two\n# lines\";", "two\n# lines")]
    [TestCase("A = \"\";", "")]
    [TestCase("[ A = \"x\"; ]", "x")]
    [TestCase("[A=\"x\"]\n# done\n", "x")]
    [TestCase("# a comment; with = signs\n   # another\nA = \"x\"; \n#end", "x")]
    [TestCase("A = \"old\"; a = \"x\";", "x")]
    [TestCase(";;A = \"x\";;", "x")]
    [TestCase("\uFEFFA = \"x\";", "x")]
    [TestCase("A = \"é日本😀\";", "é日本😀")]
    [TestCase("A = \"\\$1 costs $ and $HOME\";", "$1 costs $ and $HOME")]
    public void A_text_is_read_with_its_escapes_resolved(string jdl, string text) =>
        Assert.That(Parse(jdl).Find("a")!.Value, Is.EqualTo(new JdlString(text)));

    [TestCase("{}", new string[0])]
    [TestCase("{ \"a\", \"b\" }", new[] { "a", "b" })]
    [TestCase("{\"a\",}", new[] { "a" })]
    [TestCase("{\n \"a\",\n# not this\n \"b\"\n}", new[] { "a", "b" })]
    [TestCase("{\"a, b\", \"}\"}", new[] { "a, b", "}" })]
    [TestCase("{\"a\", \"a\"}", new[] { "a", "a" })]
    [TestCase("{ one, two words }", new[] { "one, two words" })]
    public void A_list_is_read_in_order(string list, string[] items) =>
        Assert.That(Parse($"A = {list};").Find("A")!.Value, Is.EqualTo(new JdlSet(items)));

    [Test]
    public void Numbers_and_expressions_are_told_apart()
    {
        var document = Parse("I = 42; N = -7; L = 9223372036854775807; D = 2.5; E = 1e3; F = .5; X = 8GB; Q = other.TTL > 5; V = 1.2.3; S = \"a\" == other.CE; B = true");
        Assert.Multiple(() =>
        {
            Assert.That(document.Find("I")!.Value, Is.EqualTo(new JdlInteger(42)));
            Assert.That(document.Find("N")!.Value, Is.EqualTo(new JdlInteger(-7)));
            Assert.That(document.Find("L")!.Value, Is.EqualTo(new JdlInteger(long.MaxValue)));
            Assert.That(document.Find("D")!.Value, Is.EqualTo(new JdlReal(2.5)));
            Assert.That(document.Find("E")!.Value, Is.EqualTo(new JdlReal(1000)));
            Assert.That(document.Find("F")!.Value, Is.EqualTo(new JdlReal(.5)));
            Assert.That(document.Find("X")!.Value, Is.EqualTo(new JdlRaw("8GB")));
            Assert.That(document.Find("Q")!.Value, Is.EqualTo(new JdlRaw("other.TTL > 5")));
            Assert.That(document.Find("V")!.Value, Is.EqualTo(new JdlRaw("1.2.3")));
            Assert.That(document.Find("S")!.Value, Is.EqualTo(new JdlRaw("\"a\" == other.CE")));
            Assert.That(document.Find("B")!.Value, Is.EqualTo(new JdlRaw("true")));
        });
    }

    [Test]
    public void An_expression_may_span_lines_with_comments_between()
    {
        var document = Parse("R = other.CE == \"a;b\"\n   # or not\n  && other.TTL == 5 # here it is text\n;\nB = 1;");
        Assert.That(document.Find("R")!.Value.ToString(), Does.StartWith("other.CE == \"a;b\"").And.EndsWith("here it is text"));
        Assert.That(document.Find("B")!.Value, Is.EqualTo(new JdlInteger(1)));
    }

    [Test]
    public void Keys_keep_the_case_they_were_written_in_and_are_found_in_any()
    {
        var document = Parse("myKey = 1; VALIDATIONCOMMAND = \"v\"; MYKEY = 2;");
        Assert.That(document.Entries.Select(entry => entry.Key), Is.EqualTo(new[] { "MYKEY", "VALIDATIONCOMMAND" }));
        Assert.That(document.Find("mykey")!.Value, Is.EqualTo(new JdlInteger(2)));
        Assert.That(document.Replaced.Single().Key, Is.EqualTo("myKey"));
        Assert.That(document.ToString(), Is.EqualTo("MYKEY = 2;\nValidationCommand = \"v\";\n"));
    }

    [Test]
    public void Arguments_are_put_in_and_recorded()
    {
        var document = JdlParser.Parse("A = \"$1-$2-$1\"; L = {\"$2\"}; N = $3; R = other.CE == \"$1\" && other.TTL > $3; W = {$2}", ["x\"y;", "a b", "7"]);
        Assert.Multiple(() =>
        {
            Assert.That(document.Find("A")!.Value, Is.EqualTo(new JdlString("x\"y;-a b-x\"y;")));
            Assert.That(document.Find("L")!.Value, Is.EqualTo(new JdlSet(["a b"])));
            Assert.That(document.Find("N")!.Value, Is.EqualTo(new JdlInteger(7)));
            Assert.That(document.Find("R")!.Value, Is.EqualTo(new JdlRaw("other.CE == \"x\\\"y;\" && other.TTL > 7")));
            Assert.That(document.Find("W")!.Value, Is.EqualTo(new JdlSet(["a b"])));
            Assert.That(document.Find("JDLArguments")!.Value, Is.EqualTo(new JdlSet(["x\"y;", "a b", "7"])));
        });
    }

    [Test]
    public void An_argument_cannot_add_keys()
    {
        var document = JdlParser.Parse("A = \"$1\"; B = $2;", ["\"; C = \"1", "1 + 2"]);
        Assert.That(document.Entries.Select(entry => entry.Key), Is.EqualTo(new[] { "A", "B", "JDLArguments" }));
    }

    [TestCase("1; C = 2")]
    [TestCase("\"")]
    [TestCase("a\nC = 1")]
    [TestCase("{\"a\"}")]
    [TestCase("]")]
    [TestCase("\\")]
    [TestCase("")]
    [TestCase(" ")]
    public void An_argument_outside_quotes_is_a_plain_word(string argument)
    {
        var error = Assert.Throws<GridError>(() => JdlParser.Parse("A = 1;\nB = $1;", [argument]))!;
        Assert.That(error.Message, Does.StartWith("line 2, column 5: $1 stands outside quotes and is '"));
        Assert.That(error.Hint, Does.Contain("\"$1\""));
    }

    [Test]
    public void Arguments_cannot_make_a_value_that_would_be_read_otherwise_when_it_is_stored() =>
        Assert.That(Assert.Throws<GridError>(() => JdlParser.Parse("A = \"x\" $1 = 3;", ["B"]))!.Message, Does.StartWith("line 1, column 5: the arguments make the value of A unreadable"));

    [Test]
    public void The_canonical_text_reads_the_same_whatever_the_values_hold()
    {
        string[] odd = ["", "a\"b", "a\\b", "a\\", "line\nline\r\n# no comment", "$1 $x \\$2", "é日😀", "; } ] {", "\t ", "#alien_counter#"];
        var text = string.Concat(odd.Select((value, i) => JdlText.Entry($"K{i}", new JdlString(value)))) + JdlText.Entry("All", new JdlSet(odd))
            + "D = 1.0; E = -1e300; R = member({\"a;\", \"b\"}, other.CE)\n && true;";
        var document = Parse(text);
        for (var i = 0; i < odd.Length; i++) Assert.That(document.Find($"K{i}")!.Value, Is.EqualTo(new JdlString(odd[i])));
        Assert.That(document.Find("All")!.Value, Is.EqualTo(new JdlSet(odd)));
        var again = Parse(document.ToString());
        Assert.That(again.Entries.Select(entry => entry.Value), Is.EqualTo(document.Entries.Select(entry => entry.Value)));
        Assert.That(again.ToString(), Is.EqualTo(document.ToString()));
    }

    [TestCase("A = \"x", "line 1, column 5: the string that begins here has no closing quote")]
    [TestCase("A = 1;\n\n  B = \"x\\\"", "line 3, column 7: the string")]
    [TestCase("A = \"x\\", "line 1, column 5: the string")]
    [TestCase("A \"x\";", "line 1, column 3: '=' is missing after 'A'")]
    [TestCase("A", "line 1, column 2: '=' is missing after 'A'")]
    [TestCase("A = ;", "line 1, column 5: A has no value")]
    [TestCase("A =", "line 1, column 4: A has no value")]
    [TestCase("[ A = ]", "line 1, column 7: A has no value")]
    [TestCase("= 1;", "line 1, column 1: '=' cannot begin a key")]
    [TestCase("Ä = 1;", "line 1, column 1: 'Ä' cannot begin a key")]
    [TestCase("A.B = 1;", "line 1, column 2: '=' is missing after 'A'")]
    [TestCase("A = 1; # trailing", "line 1, column 8: a comment begins in the middle of a line")]
    [TestCase("A = {\"x\"", "line 1, column 5: the '{' has no matching '}'")]
    [TestCase("A = {", "line 1, column 5: the '{' has no matching '}'")]
    [TestCase("A = { x; B = 1;", "line 1, column 5: the '{' has no matching '}'")]
    [TestCase("A = {\"x\" \"y\"};", "line 1, column 10: ',' or '}' is missing after a list item")]
    [TestCase("A = {\"x\", y};", "line 1, column 11: an item in quotes or '}' must stand here, not 'y'")]
    [TestCase("A = {x, \"y\"};", "line 1, column 9: a list cannot hold bare words beside quoted items")]
    [TestCase("A = {\"x\", (\"y\")};", "line 1, column 11: an item in quotes or '}' must stand here, not '('")]
    [TestCase("A = {{\"y\"}; B = 1;", "line 1, column 11: ',' or '}' is missing after a list item")]
    [TestCase("A = [B = 1;", "line 1, column 5: the '[' has no matching ']'")]
    [TestCase("A = {[B = 1;], (};", "line 1, column 16: '(' was not expected in a list")]
    [TestCase("A = {\"x\"} + 1;", "line 1, column 10: the list of A is closed, but its entry goes on")]
    [TestCase("[ A = 1;", "line 1, column 1: the '[' has no matching ']'")]
    [TestCase("[ A = 1; ] B = 2;", "line 1, column 12: there is text behind the closing ']'")]
    [TestCase("A = 99999999999999999999;", "line 1, column 5: the number '99999999999999999999' is too large")]
    [TestCase("A = -1e999;", "line 1, column 5: the number '-1e999' is too large")]
    [TestCase("A = \"$1\";", "line 1, column 6: $1 has no value: the submission gave 0 arguments")]
    [TestCase("A = \"x\"\nB = 1;", "line 1, column 8: ';' is missing after the value of A")]
    [TestCase("A = 1\nB = 1;", "line 1, column 6: ';' is missing after the value of A")]
    [TestCase("A = {\"x\"}\nB = 1;", "line 1, column 10: ';' is missing after the value of A")]
    [TestCase("A = other.x >\n y\n\nB = 1;", "line 3, column 1: ';' is missing after the value of A")]
    public void A_fault_is_told_with_its_place_and_a_remedy(string jdl, string message)
    {
        var error = Assert.Throws<GridError>(() => Parse(jdl))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Invalid));
        Assert.That(error.Message, Does.StartWith(message));
        Assert.That(error.Hint, Is.Not.Null.And.Not.Empty);
    }

    [Test]
    public void Several_faults_are_told_at_once_in_their_order()
    {
        var error = Assert.Throws<GridError>(() => Parse("A = ;\nB = {\"x\" \"y\"};\nC 1;\nD = \"fine\";\nE = 1\nF = \"$9\";"))!;
        Assert.That(error.Message.Split('\n').Select(line => line.Split(':')[0]),
            Is.EqualTo(new[] { "line 1, column 5", "line 2, column 10", "line 3, column 3", "line 5, column 6", "line 6, column 6" }));
    }

    [Test]
    public void Of_many_faults_twenty_are_told() =>
        Assert.That(Assert.Throws<GridError>(() => Parse(string.Concat(Enumerable.Repeat("A = ;\n", 1000))))!.Message.Split('\n'), Has.Length.EqualTo(20));

    [TestCase("\u007fELF\u0002\u0001\0\0", "line 1, column 7: the job description is not text: it contains the character U+0000")]
    [TestCase("A = 1;\nPK\u0003\u0004\uFFFD", "line 2, column 5: the job description is not text: it contains the character U+FFFD")]
    public void A_binary_file_is_refused_as_such(string text, string message) =>
        Assert.That(Assert.Throws<GridError>(() => Parse(text))!.Message, Is.EqualTo(message));

    [Test]
    public void Half_a_character_is_refused() =>
        Assert.That(Assert.Throws<GridError>(() => Parse("A = \"\ud800\";"))!.Message, Does.StartWith("line 1, column 6: ").And.EndsWith("U+D800"));

    [Test]
    public void An_argument_that_is_no_text_is_refused_too() =>
        Assert.That(Assert.Throws<GridError>(() => JdlParser.Parse("A = 1;", ["fine", "a\0"]))!.Message, Does.Contain("argument $2 is not text"));

    [Test]
    public void A_text_of_more_than_10_MB_is_refused() =>
        Assert.That(Assert.Throws<GridError>(() => Parse(new string(' ', Limits.LongestJdl + 1)))!.Message, Does.Contain("longer than 10 MB"));

    [Test]
    public void Arguments_cannot_blow_a_small_text_up()
    {
        var text = "A = \"" + string.Concat(Enumerable.Repeat("$1", 1_000_000)) + "\";";
        Assert.That(Assert.Throws<GridError>(() => JdlParser.Parse(text, [new string('x', 1_000_000)]))!.Message, Does.Contain("longer than 10 MB"));
    }

    [Test]
    public void A_million_items_are_read_and_one_more_is_refused()
    {
        static string Items(int count) => "A = {" + string.Join(",", Enumerable.Range(0, count).Select(i => $"\"{i}\"")) + "};";
        Assert.That(((JdlSet)Parse(Items(Limits.MostListItems)).Find("A")!.Value).Items, Has.Count.EqualTo(Limits.MostListItems));
        var error = Assert.Throws<GridError>(() => Parse("A = {" + string.Concat(Enumerable.Repeat("\"\",", Limits.MostListItems + 1)) + "};"))!;
        Assert.That(error.Message, Does.Contain("more than 1000000 items"));
    }

    [Test]
    public void Ten_megabytes_of_one_string_of_comments_or_of_brackets_are_no_trouble()
    {
        var size = Limits.LongestJdl - 100;
        Assert.That(((JdlString)Parse("A = \"" + new string('x', size) + "\";").Find("A")!.Value).Text, Has.Length.EqualTo(size));
        Assert.That(Parse(string.Concat(Enumerable.Repeat("#\n", size / 2)) + "A = 1;").Entries, Has.Count.EqualTo(1));
        Assert.Throws<GridError>(() => Parse(new string('{', size)));
        Assert.Throws<GridError>(() => Parse("A = " + new string('{', size)));
        Assert.Throws<GridError>(() => Parse("A = " + string.Concat(Enumerable.Repeat("\"\n", size / 2 - 1))));
        Assert.DoesNotThrow(() => Parse("A = " + string.Concat(Enumerable.Repeat("x\n", size / 2)) + ";"));
    }

    [Test]
    public void Keys_have_a_number_and_a_length()
    {
        Assert.Throws<GridError>(() => Parse(string.Concat(Enumerable.Range(0, Limits.MostKeys + 1).Select(i => $"K{i} = 1;"))));
        Assert.Throws<GridError>(() => Parse(new string('k', Limits.LongestKey + 1) + " = 1;"));
    }

    [Test]
    public void Nothing_is_an_empty_document([Values("", " \n", "#x", "[]", "[ ; ]", ";")] string text) => Assert.That(Parse(text).Entries, Is.Empty);

    private static JdlDocument Parse(string text) => JdlParser.Parse(text, []);
}
