using System.Text.Json;
using HpcGrid.Central.Broker;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Central;

public sealed class SpecTextTests
{
    [TestCase("")]
    [TestCase("OutputDir = \"dec\\\"ays/ü \\\\#alien_counter#\";")]
    [TestCase("JDLVariables = {\"outputDirectory\"}; outputDirectory = \"a\"; OutputDir = \"/hpcgrid/x/#alien_counter_03i#\";")]
    [TestCase("Arguments = \"#alien_counter#\";")]
    public void The_text_of_each_subjob_is_that_of_its_specification(string more)
    {
        var jdl = $"Command = {{\"/bin/echo\", \"x\"}}; Split = \"production:1-9\"; {more}";
        var known = new KnownDescription(new DescriptionRow(1, "jdoe", "", 0, true, jdl, []), JobDescription.Read(jdl, []), 0);
        foreach (var master in (long[])[100, 200, 100])
            for (var number = 0; number < 9; number++)
            {
                var (part, context) = (Splitter.Part(known.Job, number), new JobContext(master + 1 + number, master, "jdoe", "/hpcgrid/user/j/jdoe"));
                var built = SpecBuilder.Build(known.Job, part, context, [], []);
                var text = known.Specify(part, context, []);
                Assert.That(text, Is.EqualTo(new SpecText(JsonSerializer.Serialize(built, GridJson.Default.JobSpec), built.OutputDirectory)));
            }
    }
}
