using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

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

    private static SourceFile Source(string lfn) => new(lfn, Any, [new Replica("V::S::E", "p", "/se/p")]);
}
