using System.Text;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Agent;

/// <summary>Files for the sandbox, from the queue file and from the spool's cache.</summary>
public sealed class InputTests
{
    private static readonly byte[] Small = Encoding.UTF8.GetBytes("small input\n");

    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [Test]
    public void Large_inputs_come_from_the_cache_and_small_ones_from_the_queue_file()
    {
        var large = new byte[2_000_000];
        Random.Shared.NextBytes(large);
        PutIntoCache(large);
        var spec = AgentRig.Shell("cat 's m a l l'; sha256sum < large.bin; test ! -x large.bin") with
        {
            Inputs = [new InputFile("s m a l l", Content.Of(Small), false, "/vo/small"), new InputFile("large.bin", Content.Of(large), false, "/vo/large")],
        };
        var report = _rig.Run(spec, Small);
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(report.StdoutTail, Is.EqualTo($"small input\n{Content.Of(large).Sha256}  -\n"));
    }

    [Test]
    public void A_large_program_can_be_run()
    {
        var program = File.ReadAllBytes("/bin/sh").Concat(new byte[1_000_000]).ToArray();
        PutIntoCache(program);
        var spec = AgentRig.Job("myshell", "-c", "echo it runs") with { Inputs = [new InputFile("myshell", Content.Of(program), true, "/vo/myshell")] };
        var queue = _rig.Offer([.. Enumerable.Repeat(spec, 6)]);
        _rig.Start();
        Assert.That(_rig.Final(queue).Reports.Select(report => report.StdoutTail), Is.All.EqualTo("it runs\n"));
    }

    [Test]
    public void An_input_that_is_not_in_the_cache_is_named()
    {
        var report = _rig.Run(AgentRig.Job("/bin/true") with { Inputs = [new InputFile("x", Content.Of(Small), false, "/vo/the file")] });
        Assert.That(report.Outcome, Is.EqualTo(Outcome.InputFailed));
        Assert.That(report.Reason, Does.Contain("'x'").And.Contain("/vo/the file"));
        Assert.That(report.RunningAt, Is.Null);
    }

    [Test]
    public void An_input_with_a_wrong_checksum_is_named()
    {
        PutIntoCache(Small);
        File.WriteAllText(_rig.Root.Layout.Cached(Content.Of(Small).Sha256), "tampered\n");
        var report = _rig.Run(AgentRig.Job("/bin/true") with { Inputs = [new InputFile("x", Content.Of(Small), false, "/vo/the file")] });
        Assert.That(report.Outcome, Is.EqualTo(Outcome.InputFailed));
        Assert.That(report.Reason, Does.Contain("/vo/the file").And.Contain("wrong checksum"));
    }

    [TestCase("../x")]
    [TestCase("a/b")]
    [TestCase("..")]
    [TestCase("")]
    [TestCase("stdout")]
    public void A_name_that_could_do_harm_is_refused(string name)
    {
        var report = _rig.Run(AgentRig.Job("/bin/true") with { Inputs = [new InputFile(name, Content.Of(Small), false, "/vo/x")] }, Small);
        Assert.That(report.Outcome, Is.EqualTo(Outcome.InputFailed));
        Assert.That(report.Reason, Does.Contain("cannot be put into the sandbox"));
    }

    [Test]
    public void Two_inputs_of_one_name_are_refused()
    {
        var input = new InputFile("x", Content.Of(Small), false, "/vo/x");
        var report = _rig.Run(AgentRig.Job("/bin/true") with { Inputs = [input, input with { Lfn = "/vo/y" }] }, Small);
        Assert.That(report.Outcome, Is.EqualTo(Outcome.InputFailed));
        Assert.That(report.Reason, Does.Contain("/vo/y"));
    }

    private void PutIntoCache(byte[] bytes)
    {
        var stream = new MemoryStream(bytes);
        Assert.That(_rig.Bridge.Cache.Put(Content.Of(bytes), stream.Read).Content, Is.EqualTo(Content.Of(bytes)));
    }
}
