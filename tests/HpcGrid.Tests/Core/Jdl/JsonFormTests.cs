using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Core.Jdl;

/// <summary>The JSON form of a description, and its schema.</summary>
public sealed class JsonFormTests
{
    [Test]
    public void Json_says_the_same_as_jdl()
    {
        var json = """
            {
              // comments and trailing commas are fine
              "Command": ["/bin/x", "a b", "$1", "\\$1", "é\n\"\\"],
              "ttl": 600, "Price": 2.5, "MemorySize": "2GB", "CPUCores": 2, "Repeatable": false,
              "Requirements": "other.TTL > 5 && member(other.CloseSE, \"V::S::E\")",
              "Rank": 5, "OutputArchive": ["a.zip:stdout@disk=1"], "Split": "production:1-3", "Unheard": {"a": [1, "b", true], "c": [{"d": 2}]},
            }
            """;
        const string jdl = """
            Command = {"/bin/x", "a b", "$1", "\$1", "é
            \"\\"}; ttl = 600; Price = 2.5; MemorySize = "2GB"; CPUCores = 2; Repeatable = false;
            Requirements = other.TTL > 5 && member(other.CloseSE, "V::S::E"); Rank = 5; OutputArchive = {"a.zip:stdout@disk=1"}; Split = "production:1-3";
            Unheard = [a = {"1", "b", "true"}; c = {[d = 2]}];
            """;
        Assert.That(JdlParser.Parse(json, ["w\"x"]).ToString(), Is.EqualTo(JdlParser.Parse(jdl, ["w\"x"]).ToString()));
        var job = JobDescription.Read("\uFEFF \n" + json, ["w\"x"]);
        Assert.That(job.Command, Is.EqualTo(new[] { "/bin/x", "a b", "w\"x", "$1", "é\n\"\\" }));
        Assert.That(JobDescription.Read(job.Jdl, []).Jdl, Is.EqualTo(job.Jdl));
    }

    [Test]
    public void Nodes_are_objects_and_dependencies_lists()
    {
        var job = JobDescription.Read("""
            {"Type": "dag", "Command": ["/bin/x"], "Nodes": [{"NodeName": "a"}, {"NodeName": "b", "Requirements": "other.CE == \"]\""}], "Dependencies": [["a", "b"]]}
            """, []);
        Assert.That(((NodeSplit)job.Split).Nodes[1].After, Is.EqualTo(new[] { 0 }));
        Assert.That(JobDescription.Read(job.Jdl, []).Jdl, Is.EqualTo(job.Jdl));
        Assert.That(Splitter.Count(JobDescription.Read("{\"Command\": [\"/bin/x\"], \"Parameters\": [1, 2.5, \"x\"]}", [])), Is.EqualTo(3));
    }

    [TestCase("{\"Command\": [\"/bin/x\"],\n \"TTL\": \"long\"}", "line 2, column 9: TTL wants a whole number")]
    [TestCase("{\"é😀\": 1}", "line 1, column 2: 'é  ' cannot be a key")]
    [TestCase("{\"Command\": [\"/bin/x\"], \"TTL\": null}", "line 1, column 32: null is no value")]
    [TestCase("{\"Command\": [\"/bin/x\"]", "line 1, column 23: this is no JSON")]
    [TestCase("{\"Command\": [\"/bin/x\"]} x", "line 1, column 25: this is no JSON")]
    [TestCase("{\n\"é\": 1,\n  Command: 5}", "line 2, column 1: 'é' cannot be a key")]
    [TestCase("{\"a b\": 1}", "line 1, column 2: 'a b' cannot be a key")]
    [TestCase("{\"Command\": [\"/bin/x\", \"\\u0000\"]}", "line 1, column 24: the text holds a NUL character")]
    [TestCase("{\"Command\": [\"/bin/x\", \"\\ud800\"]}", "line 1, column 24: the text holds a NUL character or half")]
    [TestCase("{\"Command\": [\"/bin/x\", \"$2\"]}", "line 1, column 24: $2 has no value")]
    [TestCase("{\"Command\": [\"/bin/x\"], \"TTL\": 99999999999999999999}", "line 1, column 32: the number '99999999999999999999' is too large")]
    [TestCase("{\"Command\": [\"/bin/x\"], \"Price\": 1e999}", "line 1, column 34: the number '1e999' is too large")]
    [TestCase("{\"Command\": [\"/bin/x\"], \"Requirements\": \"true; TTL = 5\"}", "line 1, column 41: Requirements = 'true; TTL = 5' is no expression")]
    [TestCase("{\"Command\": [\"/bin/x\"], \"Requirements\": \"other.TTL > \"}", "the expression ends too early")]
    [TestCase("{\"Command\": [\"/bin/x\"], \"Requirements\": \"\"}", "is no expression")]
    [TestCase("{}", "the description says neither Executable nor Command")]
    public void A_fault_has_line_and_column_and_a_remedy(string json, string message)
    {
        var error = Assert.Throws<GridError>(() => JobDescription.Read(json, []))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Invalid));
        Assert.That(error.Message, Does.StartWith("line ").And.Contains(message));
        Assert.That(error.Hint, Is.Not.Null.And.Not.Empty);
    }

    [Test]
    public void Deep_long_and_wide_json_is_bounded()
    {
        Assert.That(Message(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))), Does.Contain("this is no JSON"));
        Assert.That(Message("{\"a\": " + new string('[', 100_000) + "}"), Does.Contain("this is no JSON"));
        Assert.That(Message("{\"a\": [" + string.Join(',', Enumerable.Repeat("1", 1_000_001)) + "]}"), Does.Contain("more than 1000000 items"));
        Assert.That(Message("{" + string.Join(',', Enumerable.Range(0, 10_001).Select(i => $"\"k{i}\":1")) + "}"), Does.Contain("more than 10000 keys"));
        Assert.That(Message("{\"a\": \"" + new string('x', 10 * 1024 * 1024) + "\"}"), Does.Contain("longer than 10 MB"));

        static string Message(string json) => Assert.Throws<GridError>(() => JobDescription.Read(json, []))!.Message;
    }

    [Test]
    public void The_schema_on_disk_is_what_the_keys_say()
    {
        // HPCGRID_WRITE_SCHEMA=1 writes the page anew when keys have changed.
        if (Environment.GetEnvironmentVariable("HPCGRID_WRITE_SCHEMA") == "1") File.WriteAllText(Path.Combine(Repository.Root, "docs/job.schema.json"), JobSchema.Write());
        Assert.That(Repository.Text("docs/job.schema.json"), Is.EqualTo(JobSchema.Write()));
    }

    [Test]
    public void The_page_of_job_descriptions_tells_of_every_key()
    {
        var page = Repository.Text("docs/jobs.md");
        Assert.That(JobSchema.Kinds.Keys.Where(key => !page.Contains(key, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_schema_knows_every_key_and_no_other()
    {
        using var schema = JsonDocument.Parse(JobSchema.Write());
        var properties = schema.RootElement.GetProperty("properties").EnumerateObject().Select(property => property.Name).ToList();
        Assert.That(properties, Is.Unique.And.SupersetOf(JobSchema.Kinds.Keys));
        foreach (var key in properties.Except(JobSchema.Kinds.Keys).Where(key => key is not ("Merge" or "MergeOutputDir" or "MergeCollections")))
            Assert.That(JobDescription.Read($"Command = {{\"/bin/x\"}}; {key} = 1;", []).Remarks, Has.None.Contains("is not known"), key);
    }

    [Test]
    public void What_the_schema_says_of_a_key_is_what_reading_it_takes([Values("whole", "flag", "real", "texts", "expression", "size")] string kind)
    {
        var (good, bad) = kind switch
        {
            "whole" => ("7", "\"x\""),
            "flag" => ("true", "\"maybe\""),
            "real" => ("1.5", "\"x\""),
            "texts" => ("[\"7\"]", "{\"a\": 1}"),
            "expression" => ("\"other.TTL > 5\"", "\"other.TTL >\""),
            _ => ("\"2GB\"", "\"two\""),
        };
        foreach (var key in JobSchema.Kinds.Where(pair => pair.Value == kind).Select(pair => pair.Key))
        {
            if (key is "Command" or "JDLArguments" or "OrigRequirements" or "ParameterStart" or "ParameterStep" or "ResubmitType" or "Merge" or "MergeOutputDir"
                or "MergeCollections" or "Counters" or "Email") continue;
            var others = key.StartsWith("Split", StringComparison.Ordinal) || key is "OrderLFN" or "ForceOnlySEInput" or "MaxInputMissingThreshold"
                ? "\"Split\": \"se\", \"InputData\": [\"/d/x\"], \"SplitMaxInputFileNumber\": 5, " : "";
            Assert.DoesNotThrow(() => JobDescription.Read($"{{\"Command\": [\"/bin/x\"], {others}\"{key}\": {good}}}", []), key);
            Assert.Throws<GridError>(() => JobDescription.Read($"{{\"Command\": [\"/bin/x\"], {others}\"{key}\": {bad}}}", []), key);
        }
    }
}
