using HpcGrid.Cli.Jobs;
using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class PlainCommandTests
{
    private static readonly string[] Odd =
    [
        "/bin/echo", "", " blanks  stay ", "\"double\"", "'single'", "back\\slash", "$HOME", "$1", "$(rm -rf /)", "`x`", "; rm -rf /",
        "line\nbreak", "tab\t", "ä ö 粒子 🙂", "{\"a\"}", "#", "]", "=", "%s", "*", "-n", "--", "\\", "\\\"",
    ];

    [Test]
    public void Odd_arguments_travel_through_the_job_description_unharmed() =>
        Assert.That(JobDescription.Read(Of(Odd).ToJdl(), []).Command, Is.EqualTo(Odd));

    [Test]
    public void A_number_makes_a_production_and_outputs_are_saved()
    {
        var description = JobDescription.Read((Of(["/bin/true"]) with
        {
            Many = new NumberedJobs(1, 100, 1, IsArray: false), Cores = 2, TtlSeconds = 60, Save = ["out_*.txt"], Memory = "2GB",
            Inputs = ["/a b"], OutputDirectory = "out/#alien_counter#", Tags = ["pass \"1\""],
        }).ToJdl(), []);
        Assert.Multiple(() =>
        {
            Assert.That(description.Split, Is.EqualTo(new ProductionSplit(1, 100)));
            Assert.That((description.Resources.Cores, description.Resources.TtlSeconds, description.Resources.MemoryMib), Is.EqualTo((2, 60, 2048L)));
            Assert.That(description.Outputs.SelectMany(rule => rule.Patterns), Is.EqualTo(new[] { "stdout", "stderr", "out_*.txt" }));
            Assert.That(description.InputFiles, Is.EqualTo(new[] { "/a b" }));
            Assert.That(description.OutputDirectory, Is.EqualTo("out/#alien_counter#"));
            Assert.That(description.JobTag, Is.EqualTo(new[] { "pass \"1\"" }));
            Assert.That(description.Remarks, Is.Empty);
        });
    }

    [Test]
    public void An_array_counts_where_the_placeholder_stands()
    {
        var description = JobDescription.Read((Of(["/bin/echo", "n{}", "{}{}"]) with { Many = NumberedJobs.Parse("0-9") }).ToJdl(), []);
        Assert.That(description.Command, Is.EqualTo(new[] { "/bin/echo", "n#alien_counter#", "#alien_counter##alien_counter#" }));
        Assert.That(description.Split, Is.EqualTo(new ProductionSplit(0, 9)));
        Assert.That((Of(["/bin/echo", "{}"]) with { Many = new NumberedJobs(1, 9, 1, IsArray: false) }).ToJdl(), Does.Contain("\"{}\""), "-n replaces nothing");
    }

    [Test]
    public void An_array_with_a_step_is_parametric() =>
        Assert.That((Of(["/bin/echo", "@@", "#alien_counter#", "{}"]) with { Many = NumberedJobs.Parse("5-25:10"), Placeholder = "@@" }).ToJdl(),
            Does.StartWith("Command = {\"/bin/echo\", \"_PARAM_\", \"_PARAM_\", \"{}\"};")
                .And.Contain("Parameters = 26;\nParameterStart = 5;\nParameterStep = 10;\n"));

    [TestCase("7", 7, 7, 1)]
    [TestCase("1-100", 1, 100, 1)]
    [TestCase("0-1000:10", 0, 1000, 10)]
    public void Ranges_are_read(string text, long from, long to, long step) =>
        Assert.That(NumberedJobs.Parse(text), Is.EqualTo(new NumberedJobs(from, to, step, IsArray: true)));

    [Test]
    public void Wrong_ranges_are_told([Values("", "a-b", "5-1", "-5", "1-", "1-2-3", "1-5:0", "1-5:x", "1-5:1:1", "1-99999999999")] string text) =>
        Assert.That(Assert.Throws<GridError>(() => NumberedJobs.Parse(text))!.Hint, Is.Not.Null);

    [Test]
    public void Each_line_becomes_one_argument_whatever_is_in_it()
    {
        var text = string.Join('\n', Odd.Where(word => word.Length > 0 && !word.Contains('\n', StringComparison.Ordinal))) + "\r\n\n";
        var lines = EachLine.Parse(text, zero: false);
        Assert.That(lines.Lines, Is.EqualTo(Odd.Where(word => word.Length > 0 && !word.Contains('\n', StringComparison.Ordinal))));
        var jdl = JdlParser.Parse((Of(["/bin/echo"]) with { Many = lines }).ToJdl(), []);
        Assert.That(((JdlSet)jdl.Find("Parameters")!.Value).Items, Is.EqualTo(lines.Lines));
        Assert.That(((JdlSet)jdl.Find("Command")!.Value).Items, Is.EqualTo(new[] { "/bin/echo", "_PARAM_" }), "a line that is named nowhere comes last");
        jdl = JdlParser.Parse((Of(["/bin/cp", "{}", "{}.old"]) with { Many = lines }).ToJdl(), []);
        Assert.That(((JdlSet)jdl.Find("Command")!.Value).Items, Is.EqualTo(new[] { "/bin/cp", "_PARAM_", "_PARAM_.old" }));
    }

    [Test]
    public void Items_divided_by_nul_keep_their_newlines() =>
        Assert.That(EachLine.Parse("a\nb\0\0c\0", zero: true).Lines, Is.EqualTo(new[] { "a\nb", "", "c" }));

    [Test]
    public void No_command_and_no_lines_are_refused()
    {
        Assert.Throws<GridError>(() => Of([]).ToJdl());
        Assert.Throws<GridError>(() => EachLine.Parse("\n\n", zero: false));
        Assert.Throws<GridError>(() => EachLine.Parse("", zero: true));
        Assert.Throws<GridError>(() => Of(["a\0b"]).ToJdl());
    }

    [Test]
    public void A_number_is_put_into_a_description_of_either_form(
        [Values("Command = {\"/bin/true\"}; MaxFailed = 7;", "Command = {\"/bin/true\"}", "[ Command = {\"/bin/true\"}; ]", "# a remark\nCommand = {\"/bin/true\"};\n")] string jdl) =>
        Assert.That(((JdlInteger)JdlParser.Parse(DescriptionText.With(jdl, "MaxFailed", 3), []).Find("MaxFailed")!.Value).Number, Is.EqualTo(3));

    [Test]
    public void A_number_is_put_into_json()
    {
        var text = DescriptionText.With("{ \"command\": [\"/bin/echo\", \"ä\"], \"maxFailed\": 9 }", "MaxFailed", 3);
        Assert.That(System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("MaxFailed").GetInt32(), Is.EqualTo(3));
        Assert.That(text, Does.Contain("ä").And.Not.Contain("maxFailed"));
        Assert.That(Assert.Throws<GridError>(() => DescriptionText.MustBeJson("{ \"a\": }"))!.Message, Does.Contain("line 1"));
    }

    private static PlainCommand Of(IReadOnlyList<string> argv) => new(argv);
}
