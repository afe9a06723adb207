using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Core.Jdl;

/// <summary>Many jobs of one description: collections, DAGs, definitions and parameters (R-A1 to R-A3).</summary>
public sealed class NodeTests
{
    private static readonly JobContext Owner = new(103, 100, "jdoe", "/v/user/j/jdoe");

    [Test]
    public void A_collection_has_nodes_that_inherit_what_they_do_not_say()
    {
        var nodes = Nodes("""
            [ Type = "collection"; InputFile = {"LF:/shared"}; TTL = 100; Requirements = other.TTL > 5; Command = {"/bin/a"};
              Nodes = {
                [ NodeName = "first"; Arguments = "1;]"; ],
                # a comment between nodes
                [ Executable = "/v/b.sh"; TTL = 200; Requirements = other.TTL > 7 && !member(other.CloseSE, "]") ],
                [ Description = [ Arguments = {"x", "y"} ] ]
              }; ]
            """);
        Assert.That(nodes.Select(node => node.Name), Is.EqualTo(new[] { "first", "2", "3" }));
        Assert.That(nodes.Select(node => node.Job.Resources.TtlSeconds), Is.EqualTo(new[] { 100, 200, 100 }));
        Assert.That(nodes.Select(node => node.Job.InputFiles.Single()), Is.All.EqualTo("/shared"));
        Assert.That((nodes[1].Job.Executable, nodes[1].Job.Command.Count), Is.EqualTo(("/v/b.sh", 0)));
        Assert.That(nodes[0].Job.Arguments, Is.EqualTo(new[] { "1;]" }));
        Assert.That(nodes[2].Job.Arguments, Is.EqualTo(new[] { "x", "y" }));
        Assert.That(nodes[1].Job.Requirements!.ToString(), Does.Contain("> 7"));
    }

    [Test]
    public void What_is_stored_of_a_collection_reads_the_same()
    {
        var job = Read("Type = \"dag\"; Nodes = [ split = [Command = {\"/bin/a\"}; X = other.A =?= undefined]; b = [Command = {\"/bin/b\", \"\\\\\\\"]\n#;\"}]; ]; Dependencies = {{split, b}};");
        var again = JobDescription.Read(job.Jdl, []);
        Assert.That(again.Jdl, Is.EqualTo(job.Jdl));
        Assert.That(((NodeSplit)again.Split).Nodes.Select(node => (node.Name, node.Job.Jdl, string.Join(',', node.After))),
            Is.EqualTo(((NodeSplit)job.Split).Nodes.Select(node => (node.Name, node.Job.Jdl, string.Join(',', node.After)))));
    }

    [TestCase("{{a, b}, {a, c}}", "|0|0|")]
    [TestCase("{{a, {b, c}}, {{b, c}, d}}", "|0|0|1,2")]
    [TestCase("{{\"a\", \"b\"}, {\"b\", \"c\"}, {a, b}}", "|0|1|")]
    [TestCase("{a, b}", "|0||")]
    [TestCase("{a, {b, d}}", "|0||0")]
    [TestCase("{}", "|||")]
    public void Dependencies_say_what_comes_after_what(string dependencies, string after) =>
        Assert.That(string.Join('|', Nodes(Dag(dependencies, "a", "b", "c", "d")).Select(node => string.Join(',', node.After))), Is.EqualTo(after));

    [TestCase("{{a, b}, {b, c}, {c, a}}", "go in a circle: a → b → c → a")]
    [TestCase("{{a, a}}", "go in a circle: a → a")]
    [TestCase("{{a, b}, {c, d}, {d, c}}", "go in a circle: c → d → c")]
    [TestCase("{{a, nobody}}", "name 'nobody', and no node is called so")]
    [TestCase("{{a, b, c}}", "is no pair")]
    [TestCase("{{a}}", "is no pair")]
    [TestCase("5", "is no pair")]
    public void A_dependency_that_cannot_be_kept_is_refused_and_a_circle_is_named(string dependencies, string message)
    {
        var error = Assert.Throws<GridError>(() => Read(Dag(dependencies, "a", "b", "c", "d")))!;
        Assert.That(error.Message, Does.Match("^line [0-9]+, column [0-9]+: ").And.Contains(message));
    }

    [TestCase("Nodes = {[NodeName = \"a\"], [NodeName = \"a\"]}; Command = {\"/bin/x\"}", "two nodes are called 'a'")]
    [TestCase("Nodes = {[TTL = 5]}", "says neither Executable nor Command")]
    [TestCase("Nodes = {\"a\"}", "Nodes wants records")]
    [TestCase("Nodes = {}; Command = {\"/bin/x\"}", "Nodes wants records")]
    [TestCase("Nodes = {[Command = {\"/bin/x\"}; Split = \"production:1-5\"]}", "a node is one job")]
    [TestCase("Nodes = {[file = \"x.jdl\"]}", "is described in another file")]
    [TestCase("Nodes = {[Command = {\"/bin/x\"}; TTL = \"long\"]}", "line 1, column 39: TTL wants a whole number")]
    [TestCase("Type = \"dag\"; Command = {\"/bin/x\"}", "Type = 'dag' wants Nodes")]
    [TestCase("Type = \"event\"; Command = {\"/bin/x\"}", "is no kind of job")]
    [TestCase("Command = {\"/bin/x\"}; Dependencies = {{a, b}}", "Dependencies have no effect without Nodes")]
    [TestCase("Command = {\"/bin/x\"}; SplitDefinitions = {[TTL = 5]}", "have no effect without Split")]
    [TestCase("Command = {\"/bin/x\"}; Split = \"userdefined\"; SplitDefinitions = {}", "is an empty list")]
    [TestCase("Command = {\"/bin/x\"}; Split = \"userdefined\"; SplitDefinitions = {\"TTL = \"}", "cannot be read")]
    public void What_is_wrong_with_nodes_is_told(string entries, string message) =>
        Assert.That(Assert.Throws<GridError>(() => Read(entries + ";"))!.Message, Does.Contain(message));

    [Test]
    public void What_all_nodes_share_is_complained_about_once()
    {
        var error = Assert.Throws<GridError>(() => Read($"TTL = \"x\"; Command = {{\"/bin/x\"}}; Nodes = {{{string.Join(", ", Enumerable.Repeat("[]", 50))}}};"))!;
        Assert.That(error.Message.Split('\n'), Has.Length.EqualTo(1));
        var job = Read($"Unheard = \"x\"; Command = {{\"/bin/x\"}}; Nodes = {{{string.Join(", ", Enumerable.Repeat("[]", 50))}}};");
        Assert.That(job.Remarks, Has.Exactly(1).Contains("Unheard"));
    }

    [Test]
    public void Definitions_override_keys_of_the_whole_and_may_be_records_or_texts()
    {
        var nodes = Nodes("""
            Command = {"/bin/x"}; Split = "userdefined"; Arguments = "common"; SplitArguments = "last"; InputFile = "/shared";
            SplitDefinitions = {"Arguments = \"#alienfirstfilename#\"; InputData = {\"LF:/d/1\"};", "TTL = 5; InputFile = {};"};
            """);
        Assert.That(nodes.Select(node => string.Join(' ', node.Job.Arguments)), Is.EqualTo(new[] { "#alienfirstfilename# last", "common last" }));
        Assert.That(nodes.Select(node => node.Job.InputFiles.Count), Is.EqualTo(new[] { 1, 0 }));
        Assert.That(nodes[1].Job.Resources.TtlSeconds, Is.EqualTo(5));
        Assert.That(Nodes("Command = {\"/bin/x\"}; Split = \"custom\"; SplitDefinitions = {[TTL = 7], [TTL = 8]};").Select(node => node.Job.Resources.TtlSeconds), Is.EqualTo(new[] { 7, 8 }));
    }

    [TestCase("5", "0 1 2 3 4")]
    [TestCase("5; ParameterStart = 1", "1 2 3 4")]
    [TestCase("10; ParameterStep = 4", "0 4 8")]
    [TestCase("-3; ParameterStart = 3; ParameterStep = -2", "3 1 -1")]
    [TestCase("{\"a\", \"b c\", \"a\"}", "a|b c|a")]
    public void A_parametric_job_puts_each_value_into_its_texts(string parameters, string values)
    {
        var job = Read($"Command = {{\"/bin/x\", \"v=_PARAM_\"}}; Output = {{\"o__PARAM_\"}}; OutputDir = \"/o/_PARAM_/#alien_counter#\"; Parameters = {parameters};");
        var specs = Enumerable.Range(0, Splitter.Count(job)!.Value).Select(i => SpecBuilder.Build(job, Splitter.Part(job, i), Owner, [])).ToList();
        var expected = values.Split(values.Contains('|') ? '|' : ' ');
        Assert.That(specs.Select(spec => spec.Argv[1]), Is.EqualTo(expected.Select(value => "v=" + value)));
        Assert.That(specs.Select(spec => spec.Outputs[0].Patterns[0]), Is.EqualTo(expected.Select(value => "o_" + value)));
        Assert.That(specs.Select(spec => spec.OutputDirectory), Is.EqualTo(expected.Select((value, i) => $"/o/{value}/{i + 1}")));
        Assert.That(specs.Select(spec => spec.Environment["ParameterValue"]), Is.EqualTo(expected));
    }

    [Test]
    public void A_parameter_in_requirements_inputs_or_numbers_makes_a_description_of_its_own()
    {
        var nodes = Nodes("""
            Type = "parametric"; Parameters = {"60", "70"}; Command = {"/bin/x", "_PARAM_"}; TTL = "_PARAM_"; InputFile = "/in/file_PARAM_";
            Requirements = other.CE == "V::S::_PARAM_" && other.TTL > _PARAM_;
            """);
        Assert.That(nodes.Select(node => node.Job.Requirements!.ToString()), Is.EqualTo(new[]
            { "other.CE == \"V::S::60\" && other.TTL > 60", "other.CE == \"V::S::70\" && other.TTL > 70" }));
        Assert.That(nodes.Select(node => (node.Job.Resources.TtlSeconds, node.Job.InputFiles[0], node.Job.ParameterValue)),
            Is.EqualTo(new[] { (60, "/in/file60", "60"), (70, "/in/file70", "70") }));
        Assert.That(JobDescription.Read(nodes[0].Job.Jdl, []).Jdl, Is.EqualTo(nodes[0].Job.Jdl));
        Assert.That(nodes[0].Job.Command[1], Is.EqualTo("60"));
        Assert.That(Nodes("Command = {\"/bin/x\"}; Parameters = {\"\"}; InputFile = \"/a_PARAM_\";")[0].Job.ParameterValue, Is.Empty);
    }

    [Test]
    public void A_parameter_is_never_taken_for_a_pattern_or_for_the_end_of_a_text()
    {
        var job = Read("Command = {\"/bin/x\", \"_PARAM_\"}; Parameters = {\"#alien_counter#\", \"a\\\"; TTL = 5; b\"};");
        Assert.That(Enumerable.Range(0, 2).Select(i => SpecBuilder.Build(job, Splitter.Part(job, i), Owner, []).Argv[1]), Is.EqualTo(new[] { "#alien_counter#", "a\"; TTL = 5; b" }));
        var nodes = Nodes("Command = {\"/bin/x\"}; Parameters = {\"a\\\" || true || \\\"\"}; Requirements = other.CE == \"_PARAM_\";");
        Assert.That(nodes[0].Job.Requirements!.Conditions(), Has.Count.EqualTo(1));
    }

    [TestCase("0", "is never reached")]
    [TestCase("5; ParameterStep = 0", "is never reached")]
    [TestCase("5; ParameterStep = -1", "is never reached")]
    [TestCase("{}", "is an empty list")]
    [TestCase("99999999999", "makes 99999999999 subjobs")]
    [TestCase("99999999999999999999", "is too large")]
    [TestCase("\"many\"", "wants a whole number")]
    [TestCase("5; Split = \"production:1-5\"", "exclude each other")]
    [TestCase("30000; InputFile = \"/x/_PARAM_\"", "makes 30000 descriptions")]
    public void Parameters_that_make_no_jobs_are_refused(string parameters, string message) =>
        Assert.That(Assert.Throws<GridError>(() => Read($"Command = {{\"/bin/x\"}}; Parameters = {parameters};"))!.Message, Does.Contain(message));

    [Test]
    public void Ten_thousand_nodes_of_one_description_are_expanded()
    {
        var job = Read("Executable = \"/v/x\"; Parameters = 10000; Requirements = other.TTL > _PARAM_; InputFile = \"/in/_PARAM_.dat\"; OutputDir = \"/o/_PARAM_\";");
        Assert.That(((NodeSplit)job.Split).Nodes, Has.Count.EqualTo(10_000));
        Assert.That(Splitter.Count(job), Is.EqualTo(10_000));
    }

    [Test]
    public void The_bound_of_keys_is_each_nodes_own() =>
        Assert.That(Nodes($"Command = {{\"/bin/x\"}}; Nodes = {{{string.Join(", ", Enumerable.Range(0, 11_000).Select(i => $"[Arguments = \"{i}\"]"))}}};"),
            Has.Count.EqualTo(11_000));

    [Test]
    public void Records_and_lists_have_a_greatest_depth([Values("Nodes = {0}1{1};", "Dependencies = {2}a{3};")] string form)
    {
        var (open, close) = (string.Concat(Enumerable.Repeat("[A = ", 200_000)), string.Concat(Enumerable.Repeat("]", 200_000)));
        var text = string.Format(null, form, open, close, new string('{', 200_000), new string('}', 200_000));
        Assert.That(Assert.Throws<GridError>(() => Read(text))!.Message, Does.Contain("nested deeper than 20"));
    }

    private static string Dag(string dependencies, params string[] names) =>
        $"Type = \"dag\"; Command = {{\"/bin/true\"}};\nNodes = {{{string.Join(", ", names.Select(name => $"[NodeName = \"{name}\"]"))}}};\nDependencies = {dependencies};";

    private static IReadOnlyList<JobNode> Nodes(string jdl) => ((NodeSplit)Read(jdl).Split).Nodes;
    private static JobDescription Read(string jdl) => JobDescription.Read(jdl, []);
}
