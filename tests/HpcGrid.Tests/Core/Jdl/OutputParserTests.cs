using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jdl;

public sealed class OutputParserTests
{
    [TestCase("stdout", "|stdout|")]
    [TestCase("a.root,b*.txt", "|a.root,b*.txt|")]
    [TestCase("log.zip:stdout,stderr", "log.zip|stdout,stderr|")]
    [TestCase(" log.zip : stdout , stderr @ disk=2 ", "log.zip|stdout,stderr|disk=2")]
    [TestCase("log.zip:stdout@disk=2,ALICE::CERN::EOS,!ALICE::GSI::SE", "log.zip|stdout|disk=2,ALICE::CERN::EOS,!ALICE::GSI::SE")]
    [TestCase("a.zip:x@no_archive", "|x|")]
    [TestCase("a.zip:x@no_links_registration,tape=1", "a.zip|x|no_links_registration,tape=1")]
    [TestCase("sub/dir/a.root", "|sub/dir/a.root|")]
    [TestCase("user@host@", "|user@host|")]
    [TestCase("a b.txt", "|a b.txt|")]
    public void The_notation_is_read(string text, string expected)
    {
        var rule = Read(text).Single();
        Assert.That($"{rule.Archive}|{string.Join(',', rule.Patterns)}|{string.Join(',', rule.Options)}", Is.EqualTo(expected));
    }

    [TestCase("/etc/passwd", "the output name '/etc/passwd' is an absolute path")]
    [TestCase("../x", "the output name '../x' leads out of the sandbox")]
    [TestCase("a/../b", "the output name 'a/../b' leads out of the sandbox")]
    [TestCase("a//b", "the output name 'a//b' has an empty component or '.' in it")]
    [TestCase("./a", "the output name './a' has an empty component or '.' in it")]
    [TestCase("a/", "the output name 'a/' has an empty component")]
    [TestCase("../a.zip:x", "the output name '../a.zip' leads out of the sandbox")]
    [TestCase("/a.zip:x", "the output name '/a.zip' is an absolute path")]
    [TestCase(":x", "the output name '' is empty")]
    [TestCase("a*.zip:x", "the archive's name 'a*.zip' is a pattern")]
    [TestCase("", "the output '' names no file")]
    [TestCase("a.zip:", "the output 'a.zip:' names no file")]
    [TestCase("@disk=2", "the output '@disk=2' names no file")]
    [TestCase("a@disk", "the output option 'disk' is not known")]
    [TestCase("a@disk=0", "the output option 'disk=0' is not known")]
    [TestCase("a@disk=many", "the output option 'disk=many' is not known")]
    [TestCase("a@ALICE::CERN", "the output option 'ALICE::CERN' is not known")]
    [TestCase("a,a", "the output 'a' is named twice, first at line 1, column 29")]
    [TestCase("a:a", "the output 'a' is named twice")]
    public void What_leads_astray_is_refused(string text, string message)
    {
        var error = Assert.Throws<GridError>(() => Read(text))!;
        Assert.That(error.Message, Does.StartWith("line 1, column 29: " + message));
    }

    [Test]
    public void A_name_is_used_once_over_all_keys()
    {
        var error = Assert.Throws<GridError>(() => JobDescription.Read(
            "Executable = \"x\";\nOutputFile = {\"a\", \"b\"};\nOutputArchive = {\"z.zip:c,b\", \"z.zip:d\"};", []))!;
        Assert.That(error.Message.Split('\n'), Is.EqualTo(new[]
        {
            "line 3, column 18: the output 'b' is named twice, first at line 2, column 20",
            "line 3, column 31: the output 'z.zip' is named twice, first at line 3, column 18",
        }));
    }

    [Test]
    public void All_three_keys_add_up_and_an_empty_one_saves_nothing()
    {
        var job = JobDescription.Read("Executable = \"x\"; OutputFile = \"a\"; OutputArchive = \"z.zip:b\"; Output = {\"c\", \"c\"}; OutputErrorE = {\"e.zip:b\"};", []);
        Assert.That(job.Outputs.SelectMany(rule => rule.Patterns), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(job.ErrorOutputs.Single().Archive, Is.EqualTo("e.zip"));
        Assert.That(JobDescription.Read("Executable = \"x\"; Output = {};", []).Outputs, Is.Empty);
    }

    private static IReadOnlyList<OutputRule> Read(string text) =>
        JobDescription.Read($"Executable = \"x\"; Output = {{{JdlText.Quote(text)}}};", []).Outputs;
}
