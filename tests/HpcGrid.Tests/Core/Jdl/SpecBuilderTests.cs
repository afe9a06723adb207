using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jdl;

public sealed class SpecBuilderTests
{
    private const string Production = """
        # decays of a toy particle
        Executable = "/hpcgrid/user/j/jdoe/bin/decay.sh";
        Arguments = "--seed #alien_counter# --in table.txt";
        SplitArguments = "--part #alien_counter_03i#";
        InputFile = {"LF:/hpcgrid/user/j/jdoe/table.txt"};
        ValidationCommand = "/hpcgrid/user/j/jdoe/bin/check.sh";
        OutputArchive = {"log_#alien_counter#.zip:stdout,stderr", "histogram_#alien_counter#.txt"};
        OutputDir = "decays/#alien_counter_03i#";
        Split = "production:7-9";
        JDLVariables = {"OutputDir", "JobTag", "Missing"};
        JobTag = {"comment:toy", "second"};
        TTL = 600
        """;

    private static readonly Content Any = Content.Of("x"u8);

    [Test]
    public void A_production_gives_each_part_its_own_counter_wherever_it_is_named()
    {
        var description = JobDescription.Read(Production, []);
        Assert.That(Splitter.Count(description), Is.EqualTo(3));
        var spec = SpecBuilder.Build(description, Splitter.Part(description, 2), new JobContext(103, 100, "jdoe", "/hpcgrid/user/j/jdoe"),
            [Source("/hpcgrid/user/j/jdoe/bin/decay.sh"), Source("/hpcgrid/user/j/jdoe/bin/check.sh"), Source("/hpcgrid/user/j/jdoe/table.txt")]);
        Assert.That(spec.Argv, Is.EqualTo(new[] { "decay.sh", "--seed", "9", "--in", "table.txt", "--part", "009" }));
        Assert.That(spec.ValidationArgv, Is.EqualTo(new[] { "check.sh" }));
        Assert.That(spec.Inputs.Select(input => (input.Name, input.Executable)),
            Is.EqualTo(new[] { ("decay.sh", true), ("check.sh", true), ("table.txt", false) }));
        Assert.That(spec.Outputs[0].Archive, Is.EqualTo("log_9.zip"));
        Assert.That(spec.Outputs[1].Archive, Is.Null);
        Assert.That(spec.Outputs[1].Patterns, Is.EqualTo(new[] { "histogram_9.txt" }));
        Assert.That(spec.OutputDirectory, Is.EqualTo("/hpcgrid/user/j/jdoe/decays/009"));
        Assert.That(spec.Environment, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["ALIEN_JDL_CPUCORES"] = "1",
            ["ALIEN_JDL_OUTPUTDIR"] = "decays/009",
            ["ALIEN_JDL_JOBTAG"] = "comment:toy##second",
        }));
        Assert.That((spec.Master, spec.User, spec.Resources.TtlSeconds), Is.EqualTo((100L, "jdoe", 600)));
    }

    [TestCase("", true)]
    [TestCase("OutputDir = \"decays/#alien_counter#\";", true, Description = "where outputs go differs anyway")]
    [TestCase("Arguments = \"#alien_counter#\";", false)]
    [TestCase("SplitArguments = \"#ALIEN_COUNTER#\";", false)]
    [TestCase("Output = {\"a_#alien_counter#.txt\"};", false)]
    [TestCase("OutputArchive = {\"a_#alien_counter#.zip:stdout\"};", false)]
    [TestCase("OutputErrorE = {\"a_#alien_counter#.txt\"};", false)]
    [TestCase("OutputDir = \"decays/#alien_counter#\"; JDLVariables = {\"OutputDir\"};", false)]
    public void Subjobs_are_alike_when_no_text_but_their_output_directory_has_a_pattern(string more, bool alike)
    {
        var description = JobDescription.Read($"Command = {{\"/bin/echo\", \"x\"}}; Split = \"production:1-9\"; {more}", []);
        Assert.That(SpecBuilder.AreAlike(description), Is.EqualTo(alike));
        var (first, last) = (Part(0), Part(8));
        Assert.That(Bytes(first with { OutputDirectory = last.OutputDirectory }) == Bytes(last), Is.EqualTo(alike));

        JobSpec Part(int number) => SpecBuilder.Build(description, Splitter.Part(description, number), new JobContext(101 + number, 100, "jdoe", "/hpcgrid/user/j/jdoe"), []);
        static string Bytes(JobSpec spec) => JsonSerializer.Serialize(spec, GridJson.Default.JobSpec);
    }

    [TestCase("#alien_counter#", "7")]
    [TestCase("a#alien_counter#b#ALIEN_COUNTER#", "a7b7")]
    [TestCase("#alien_counter_03i#", "007")]
    [TestCase("#alien_counter_3d#", "  7")]
    [TestCase("#alien_counter_-3d#|", "7  |")]
    [TestCase("#alien_counter_02x#", "07")]
    [TestCase("#alien_counter_#", "7")]
    [TestCase("#counter#", "#counter#")]
    [TestCase("# alien_counter #", "# alien_counter #")]
    public void The_counter_is_written_as_printf_would(string word, string expected) =>
        Assert.That(Build($"Command = {{\"/bin/echo\", {JdlText.Quote(word)}}}; Split = \"production:7-9\";", 0).Argv[1], Is.EqualTo(expected));

    [Test]
    public void Counters_run_from_the_first_to_the_last_and_no_further()
    {
        var job = JobDescription.Read("Executable = \"x\"; Split = \"production:999999999999999-1000000000000000\";", []);
        Assert.That((Splitter.Count(job), Splitter.Part(job, 0).Counter, Splitter.Part(job, 1).Counter), Is.EqualTo((2, 999_999_999_999_999, 1_000_000_000_000_000)));
        Assert.That(Assert.Throws<GridError>(() => Splitter.Part(job, 2))!.Code, Is.EqualTo(ErrorCode.NotFound));
        Assert.Throws<GridError>(() => Splitter.Part(job, -1));
        Assert.That(Splitter.Count(JobDescription.Read("Executable = \"x\";", [])), Is.Zero);
    }

    [Test]
    public void In_a_job_that_is_not_split_a_pattern_is_text() =>
        Assert.That(Build("Command = {\"/bin/echo\", \"#alien_counter#\", \"#alienfirstfilename#\"};").Argv, Is.EqualTo(new[] { "/bin/echo", "#alien_counter#", "#alienfirstfilename#" }));

    [Test]
    public void Odd_words_reach_the_node_as_they_are()
    {
        string[] words = ["/bin/echo", "a b", "", "\"", "'", "; rm -rf /", "$HOME `id` $1", "new\nline", "é日😀", "*", "\\"];
        Assert.That(Build($"Command = {JdlText.Set(words)};").Argv, Is.EqualTo(words));
    }

    [Test]
    public void A_bare_command_is_an_input_file_or_else_found_by_the_nodes_path()
    {
        Assert.That(Build("Command = {\"echo\", \"x\"};").Argv, Is.EqualTo(new[] { "/usr/bin/env", "echo", "x" }));
        var own = Build("Command = {\"run.sh\", \"x\"}; InputFile = {\"/v/run.sh\", \"/v/data\"}; Arguments = \"y\";", null, "/v/run.sh", "/v/data");
        Assert.That(own.Argv, Is.EqualTo(new[] { "run.sh", "x", "y" }));
        Assert.That(own.Inputs.Select(input => input.Executable), Is.EqualTo(new[] { true, false }));
    }

    [TestCase("", null, "/v/user/j/jdoe/hpcgrid-job-103")]
    [TestCase("OutputDir = \"out\";", null, "/v/user/j/jdoe/out")]
    [TestCase("OutputDir = \"~/out/../o\";", null, "/v/user/j/jdoe/o")]
    [TestCase("OutputDir = \"LF:/v/prod/\";", null, "/v/prod")]
    [TestCase("Split = \"production:5-6\";", 1, "/v/user/j/jdoe/hpcgrid-job-100/6")]
    [TestCase("Split = \"production:5-6\"; OutputDir = \"o/#alien_counter_03i#/x\";", 1, "/v/user/j/jdoe/o/006/x")]
    public void Outputs_go_below_the_home_unless_said_otherwise(string entries, int? part, string directory) =>
        Assert.That(Build("Command = {\"/bin/true\"};" + entries, part).OutputDirectory, Is.EqualTo(directory));

    [Test]
    public void Split_arguments_are_for_subjobs_only()
    {
        const string jdl = "Command = {\"/bin/x\"}; Arguments = \"a\"; SplitArguments = {\"b c\"}; Split = \"production:1-1\";";
        Assert.That(Build(jdl, 0).Argv, Is.EqualTo(new[] { "/bin/x", "a", "b c" }));
        Assert.That(Build(jdl).Argv, Is.EqualTo(new[] { "/bin/x", "a" }));
    }

    [Test]
    public void Two_inputs_of_one_name_are_refused_and_one_input_named_twice_is_taken_once()
    {
        var job = JobDescription.Read("Executable = \"/v/run.sh\"; InputFile = {\"/v/run.sh\", \"/w/*\"};", []);
        SourceFile[] clash = [Source("/v/run.sh"), Source("/w/run.sh")];
        Assert.That(Assert.Throws<GridError>(() => SpecBuilder.Build(job, null, Owner(null), clash))!.Message, Does.Contain("'/v/run.sh' and '/w/run.sh'"));
        var sources = SpecBuilder.WithoutRepetitions([Source("/v/run.sh"), Source("/v/run.sh"), Source("/w/a")]);
        Assert.That(SpecBuilder.Build(job, null, Owner(null), sources).Inputs.Select(input => input.Name), Is.EqualTo(new[] { "run.sh", "a" }));
    }

    [Test]
    public void The_same_job_gives_the_same_bytes_so_that_its_grant_can_be_checked()
    {
        const string jdl = "Command = {\"/bin/x\"}; JDLVariables = {\"Z\", \"A\", \"M\"}; A = 1; M = \"m\"; Z = 2.5; Packages = {\"p\", \"q\"};";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(Build(jdl), GridJson.Default.JobSpec);
        var stored = JobDescription.Read(JobDescription.Read(jdl, []).Jdl, []);
        Assert.That(JsonSerializer.SerializeToUtf8Bytes(SpecBuilder.Build(stored, null, Owner(null), []), GridJson.Default.JobSpec), Is.EqualTo(bytes));
        Assert.That(Build(jdl).Environment["ALIEN_PACKAGES"], Is.EqualTo("p,q"));
    }

    private static JobSpec Build(string jdl, int? part = null, params string[] inputs)
    {
        var job = JobDescription.Read(jdl, []);
        return SpecBuilder.Build(job, part is { } number ? Splitter.Part(job, number) : null, Owner(part is null ? null : 100), [.. inputs.Select(Source)]);
    }

    private static JobContext Owner(long? master) => new(103, master, "jdoe", "/v/user/j/jdoe");

    private static SourceFile Source(string lfn) => new(lfn, Any, [new Replica("V::S::E", "p", "/se/p")]);
}
