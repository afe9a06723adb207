using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Central;

/// <summary>Descriptions that are wrong, huge or hostile: a clear answer, nothing stored, and central goes on.</summary>
internal sealed class BadDescriptionTests : CentralTests
{
    private static readonly Dictionary<string, (Func<string> Text, ErrorCode Code, string Message)> Cases = new()
    {
        ["more than 10 MB"] = (() => $"{Echo} # \nJobTag = \"{new string('x', 10 * 1024 * 1024)}\";", ErrorCode.Invalid, "longer than 10 MB"),
        ["more than 10 MB of JSON"] = (() => $"{{\"JobTag\": \"{new string('x', 10 * 1024 * 1024)}\"}}", ErrorCode.Invalid, "longer than 10 MB"),
        ["a binary file"] = (() => Encoding.Latin1.GetString([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0]), ErrorCode.Invalid, "not text"),
        ["an empty text"] = (() => "", ErrorCode.Invalid, "neither Executable nor Command"),
        ["a million inputs"] = (() => $"{Echo} InputData = {{{string.Join(',', Enumerable.Range(0, 900_000).Select(i => $"\"/{i}\""))}}};", ErrorCode.NotFound, "input \"/0\""),
        ["more than a million items"] = (() => $"{Echo} JobTag = {{{string.Join(',', Enumerable.Repeat("\"\"", 1_000_001))}}};", ErrorCode.Invalid, "more than 1000000 items"),
        ["a million nodes"] = (() => $"{Echo} Nodes = {{{string.Join(',', Enumerable.Repeat("[]", 900_000))}}};", ErrorCode.Invalid, "more than 20000 nodes"),
        ["a hundred thousand parentheses"] = (() => $"{Echo} Requirements = {new string('(', 100_000)}true{new string(')', 100_000)};", ErrorCode.Invalid, "nested deeper than 100"),
        ["a hundred thousand records"] = (() => $"{Echo} Nodes = {string.Concat(Enumerable.Repeat("{[Nodes = ", 100_000))}", ErrorCode.Invalid, "nested deeper than 20"),
        ["a circle"] = (() => $"{Echo} Nodes = {{[NodeName = \"a\"], [NodeName = \"b\"]}}; Dependencies = {{{{a, b}}, {{b, a}}}};", ErrorCode.Invalid, "a → b → a"),
        ["a negative time"] = (() => $"{Echo} TTL = -5;", ErrorCode.Invalid, "TTL is -5"),
        ["a number beyond all"] = (() => $"{Echo} CPUCores = 99999999999999999999;", ErrorCode.Invalid, "too large"),
        ["a size beyond all"] = (() => $"{Echo} MemorySize = \"99999999999999999999TB\";", ErrorCode.Invalid, "MemorySize is"),
        ["one output twice"] = (() => $"{Echo} Output = {{\"a\", \"x.zip:b,a\"}};", ErrorCode.Invalid, "'a' is named twice"),
        ["an output outside"] = (() => $"{Echo} Output = {{\"../../etc/passwd\"}};", ErrorCode.Invalid, "leads out of the sandbox"),
        ["a pattern that matches nothing"] = (() => $"{Echo} InputFile = {{\"{TestCentral.Jdoe}/*.none\"}};", ErrorCode.NotFound, "no file matches"),
        ["a pattern in a directory's name"] = (() => $"{Echo} InputFile = {{\"/hpcgrid/*/x\"}};", ErrorCode.Invalid, "in a directory's name"),
        ["a split without inputs"] = (() => $"{Echo} Split = \"file\"; InputData = {{\"{TestCentral.Jdoe}/*\"}};", ErrorCode.NotFound, "no file matches"),
        ["a pattern that nothing can be put into"] = (() => $"{Echo} Split = \"file\"; InputData = \"/x\"; Arguments = \"#alienmiddle#\";", ErrorCode.Invalid, "is not known"),
        ["an output directory that is a file's"] = (() => $"{Echo} OutputDir = \"/hpcgrid/bin\"; Output = {{\"x\"}};", ErrorCode.Denied, "/hpcgrid/bin"),
    };

    public static IEnumerable<string> Names => Cases.Keys;

    [TestCaseSource(nameof(Names))]
    public async Task Is_refused_with_a_reason_and_leaves_nothing(string name)
    {
        var (text, code, message) = Cases[name];
        var jdl = text();
        foreach (var ask in new Func<Task>[] { () => Submit(jdl, "key"), () => Jdoe.Call(new PlanJob(jdl, []), default) })
        {
            var error = (await Assert.ThrowsAsync<GridError>(ask))!;
            Assert.That((error.Code, error.Message), Is.EqualTo((code, error.Message)));
            Assert.That(error.Message, Does.Contain(message));
            Assert.That(error.Message.Length, Is.LessThan(10_000));
        }
        foreach (var table in new[] { "job", "description", "waiting", "submission" })
            Assert.That(Central.Database.Read(session => session.Number($"SELECT COUNT(*) FROM {table}")), Is.Zero, table);
        Assert.That((await Submit(Echo, "key")).Job, Is.EqualTo(1));
    }

    [Test]
    public async Task A_pattern_that_matches_everything_takes_every_file_once()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/a", [1]);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/b", [2]);
        await Submit($"{Echo} InputFile = {{\"{TestCentral.Jdoe}/*\", \"{TestCentral.Jdoe}/?\", \"{TestCentral.Jdoe}/a\"}}; Output = {{\"*\"}};");
        Assert.That((await (await TestBridge.Join(Central)).Match(1))[0].Sources.Select(source => source.Lfn), Is.EqualTo(new[] { TestCentral.Jdoe + "/a", TestCentral.Jdoe + "/b" }));
    }
}
