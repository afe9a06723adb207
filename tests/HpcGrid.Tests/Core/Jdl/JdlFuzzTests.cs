using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Core.Jdl;

/// <summary>
/// Whatever comes in, an answer comes out: a description or a GridError(Invalid) with places. 20,000 cases in the fast run;
/// `dotnet test … -- TestRunParameters.Parameter(name=\"fuzz\", value=\"1000000\")` for more.
/// </summary>
public sealed class JdlFuzzTests
{
    private static readonly int Cases = TestContext.Parameters.Get("fuzz", 20_000);

    private static readonly string[] Samples =
    [
        "[ Executable = \"/v/bin/run.sh\"; Arguments = \"--n #alien_counter# $1\"; Split = \"production:1-10\"; TTL = 3600; ]",
        "# hi\nCommand = {\"/bin/echo\", \"a b\"};\nOutput = {\"z.zip:stdout,*.root@disk=2\", \"b@V::S::E,!V::S::F\"};\nJDLVariables = {\"TTL\"}",
        "Executable = \"x\"; Requirements = ( other.Type == \"machine\" ) && !other.CE == \"V::S::C\" && member(other.CloseSE,\"V::S::E\") && other.TTL > 5*(3+1);",
        "Executable = \"x\"; Rank = other.TTL > 5 ? 1.5e3 : -size({1, \"a\", undefined}) % 7; MemorySize = 8GB; InputFile = {\"LF:/v/a\", \"~/b*\"};",
        "Executable=\"x\";Requirements=isUndefined(other.A)||regexp(\"^a+$\",strcat(\"a\",other.Site,toLower(\"B\")))=?=error;Price=0.5",
        "Type = \"dag\"; Command = {\"/bin/x\"}; Nodes = {[NodeName = \"a\"; TTL = 5], [NodeName = b; Description = [Arguments = {\"x\"}]]}; Dependencies = {{a, {b}}};",
        "Command = {\"/bin/x\", \"_PARAM_\"}; Parameters = {\"a\", \"b\"}; Requirements = other.CE == \"_PARAM_\"; OutputDir = \"o/#alienfirstfilename/.root/.log/#\"; InputData = \"/d\"",
        "Command = {\"/bin/x\"}; Split = \"se\"; SplitMaxInputFileNumber = 3; InputData = {\"LF:/d/*,nodownload\"}; InputDataList = \"wn.xml\"; OrderLFN = 1;",
        "Command = {\"/bin/x\"}; Split = \"userdefined\"; SplitDefinitions = {\"TTL = 5;\", \"Arguments = \\\"#aliendirdir#\\\"; InputData = {\\\"/d\\\"}\"};",
        "{\"Command\": [\"/bin/x\", \"$1\"], \"TTL\": 5, \"Requirements\": \"other.TTL > 5\", \"Nodes\": [{\"NodeName\": \"a\", \"Rank\": \"1\"}], \"Dependencies\": [], \"X\": {\"y\": [1, {}]}}",
        "other.A && self.B || !C == \"x\" ? {1, 2.5} =!= {\"a\"} : toUpper(other.Site) != \"b\"",
    ];

    private static readonly string[] Pieces =
    [
        ";", "=", "\"", "\\", "{", "}", "[", "]", "(", ")", "#", "\n", ",", "@", ":", "::", "$1", "$2", "$9", "$99999", "#alien_counter_03i#", "#alien", "#alienalldir#", "#alienfilename/(/x/#", "_PARAM_", "Nodes", "Dependencies", "Parameters", "InputData", "null", "\\u0000", "[]", "{}",
        "&&", "||",
        "=?=", "=!=", "==", "!", "?", "-", "%", "/", "1e999", "0", "99999999999999999999", "-1", "undefined", "error", "other.", "self.", "member(", "\0", "\ud800",
        "é", "😀", "\uFEFF", "\u2028", "Executable", "Split", "production:", "..", "/", "*", "1-0", "KB", "true", " ",
    ];

    private static readonly SiteMap Site = new() { Site = "S", Ce = "V::S::C", TtlSeconds = 99_999, CloseSe = ["V::S::E"] };

    [Test]
    public void Changed_texts_never_break_the_parser()
    {
        var random = new Random(1);
        for (var i = 0; i < Cases; i++) Feed(Changed(Samples[random.Next(Samples.Length)], random));
    }

    [Test]
    public void Random_bytes_never_break_the_parser()
    {
        var random = new Random(2);
        for (var i = 0; i < Cases; i++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            Feed((i % 2 == 0 ? Encoding.Latin1 : Encoding.UTF8).GetString(bytes));
            if (i % 4 == 0) Feed("A = " + Encoding.Latin1.GetString(bytes).Replace('\0', 'x') + ";");
        }
    }

    [Test]
    public void Random_pieces_never_break_the_parser()
    {
        var random = new Random(3);
        for (var i = 0; i < Cases; i++) Feed(string.Concat(Enumerable.Range(0, random.Next(25)).Select(_ => Pieces[random.Next(Pieces.Length)])));
    }

    [Test]
    public void Any_value_written_is_read_back() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), ArbMap.Default.ArbFor<long>(), ArbMap.Default.ArbFor<double>(), (texts, whole, real) =>
        {
            // Half a surrogate pair cannot be written in UTF-8, and NUL not in an argv: both are refused elsewhere.
            string[] items = [.. texts.Select(text => string.Concat((text ?? "").Where(c => c is not ('\0' or '\uFFFD') && !char.IsSurrogate(c))))];
            JdlValue[] values = [new JdlSet(items), new JdlString(string.Join("", items)), new JdlInteger(whole), new JdlReal(double.IsFinite(real) ? real : 0)];
            var text = string.Concat(values.Select((value, i) => JdlText.Entry($"K{i}", value)));
            return JdlParser.Parse(text, []).Entries.Select(entry => entry.Value).SequenceEqual(values);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Math.Max(100, Cases / 10)));

    [Test]
    public void Any_expression_is_evaluated_without_an_exception() =>
        Prop.ForAll(Arb.From(AnyExpression(5)), text =>
        {
            var value = Requirements.Rank(JobDescription.Read($"Executable = \"x\"; Rank = ({text});", []), Site);
            var expression = Expression.Parse(text);
            return !double.IsNaN(value) && Expression.Parse(expression.ToString()).Conditions().Count == expression.Conditions().Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Math.Max(100, Cases / 10)));

    private static void Feed(string text)
    {
        var document = Try(() => JdlParser.Parse(text, ["one", "t\"w;o"]), text);
        if (document is not null)
        {
            var again = Try(() => JdlParser.Parse(document.ToString(), []), text);
            Assert.That(again?.ToString(), Is.EqualTo(document.ToString()), text);
            if (Try(() => JobDescription.Read(document), text) is { } job) Use(job, text);
        }
        if (Try(() => Expression.Parse(text), text) is { } expression) _ = Expression.Parse(expression.ToString());
    }

    private static void Use(JobDescription job, string text)
    {
        Assert.That(Requirements.Matches(job, Site), Is.Not.Null, text);
        if (job.Split is NodeSplit nodes)
        {
            foreach (var node in nodes.Nodes) Use(node.Job, text);
            return;
        }
        if (job.Split is InputSplit split)
        {
            Assert.That(Splitter.Group(split, Files).Sum(group => group.Files.Count), Is.EqualTo(Files.Length), text);
            job = Splitter.Describe(job, ["V::S::E"]);
        }
        var part = Splitter.Count(job) is > 0 and var count ? Splitter.Part(job, count - 1) : null;
        var programs = new[] { job.Executable, job.ValidationCommand }.OfType<string>().Select((_, i) => Source($"/programs/p{i}"));
        Try(() => SpecBuilder.Build(job, part, new JobContext(2, part is null ? null : 1, "u", "/home/u"), [.. programs], Files), text, places: false);
        Try(() => SpecBuilder.Preview(job, part, new JobContext(2, 1, "u", "/home/u")), text, places: false);
    }

    private static readonly DataFile[] Files = [new(Source("/data/run1/a.root")), new(Source("/data/run2/b.root"), IsFetched: false)];

    private static SourceFile Source(string lfn) => new(lfn, new Content(0, ""), []);

    /// <summary>Null after a GridError(Invalid) that says where and what to do; any other exception goes through.</summary>
    private static T? Try<T>(Func<T> act, string text, bool places = true) where T : class
    {
        try { return act(); }
        catch (GridError error)
        {
            Assert.That(error.Code, Is.EqualTo(ErrorCode.Invalid), text);
            if (places) Assert.That(error.Message.Split('\n'), Has.All.StartsWith("line "), text);
            Assert.That(error.Hint, Is.Not.Null.And.Not.Empty, text);
            return null;
        }
    }

    private static string Changed(string text, Random random)
    {
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            var at = random.Next(text.Length + 1);
            var length = random.Next(Math.Min(8, text.Length - at) + 1);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Pieces[random.Next(Pieces.Length)]),
                2 => text.Insert(at, text.Substring(random.Next(text.Length + 1 - length), length)),
                _ => text.Remove(at, length).Insert(at, ((char)random.Next(1, 0x250)).ToString()),
            };
        }
        return text;
    }

    private static Gen<string> AnyExpression(int depth)
    {
        var leaf = Gen.Elements("true", "false", "undefined", "error", "1", "-7", "2.5", "1e300", "9223372036854775807", "\"a\"", "\"A;\\\"\"", "{}",
            "other.TTL", "other.CE", "other.CloseSE", "self.Price", "other.Nothing", "TTL");
        if (depth == 0) return leaf;
        var inner = AnyExpression(depth - 1);
        var binary = from op in Gen.Elements("&&", "||", "==", "!=", "=?=", "=!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")
                     from left in inner
                     from right in inner
                     select $"{left} {op} {right}";
        var call = from name in Gen.Elements("member", "regexp", "strcat") from a in inner from b in inner select $"{name}({a}, {b})";
        var single = from name in Gen.Elements("size", "toLower", "isUndefined", "isError", "!", "-", "") from a in inner select $"{name}({a})";
        var choice = from a in inner from b in inner from c in inner select $"({a}) ? {b} : {c}";
        var list = from a in inner from b in inner select $"{{{a}, {b}}}";
        return Gen.OneOf(leaf, binary, call, single, choice, list);
    }
}
