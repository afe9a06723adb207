using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jdl;

/// <summary>MaxOutputSize, MaxProcesses, MaxIdleTime and KeepOutput.</summary>
public sealed class LimitKeyTests
{
    [Test]
    public void Limits_and_what_is_kept_reach_the_specification()
    {
        var job = Read("MaxOutputSize = \"1.5GB\"; MaxProcesses = 10; MaxIdleTime = 1200; KeepOutput = \"ALWAYS\";");
        var spec = SpecBuilder.Build(job, null, new JobContext(7, null, "jdoe", "/hpcgrid/user/j/jdoe"), []);
        Assert.That(spec.Limits, Is.EqualTo(new JobLimits { OutputMib = 1536, Processes = 10, IdleSeconds = 1200 }));
        Assert.That(spec.KeepOutput, Is.EqualTo(KeepOutput.Always));
        Assert.That(job.Remarks, Is.Empty);
    }

    [Test]
    public void What_is_not_said_has_its_default()
    {
        var job = Read("");
        Assert.That((job.Limits, job.KeepOutput), Is.EqualTo((JobLimits.Default, KeepOutput.Tail)));
    }

    [TestCase("KeepOutput = \"sometimes\"", "KeepOutput is 'sometimes'")]
    [TestCase("KeepOutput = \"1\"", "KeepOutput is '1'")]
    [TestCase("MaxProcesses = 0", "MaxProcesses is 0: it must be between 1 and")]
    [TestCase("MaxProcesses = -5", "MaxProcesses is -5")]
    [TestCase("MaxIdleTime = 99999999999", "MaxIdleTime is 99999999999")]
    [TestCase("MaxOutputSize = \"much\"", "MaxOutputSize wants a size")]
    public void What_makes_no_sense_is_told(string text, string words) =>
        Assert.That(Assert.Throws<GridError>(() => Read(text + ";"))!.Message, Does.Contain(words));

    [Test]
    public void Each_failed_attempt_has_a_directory_of_its_own() => Assert.That(
        SpecBuilder.ErrorDirectory(new JobContext(17, 16, "jdoe", "/hpcgrid/user/j/jdoe"), 2), Is.EqualTo("/hpcgrid/user/j/jdoe/recycle/hpcgrid-job-17.2"));

    private static JobDescription Read(string text) => JobDescription.Read("Command = {\"/bin/true\"}; " + text, []);
}
