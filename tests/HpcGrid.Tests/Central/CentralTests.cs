using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Central;

/// <summary>A test with a running central and jdoe connected to it.</summary>
internal abstract class CentralTests
{
    protected const string Echo = "Command = {\"/bin/echo\", \"hello\"};";

    protected TestCentral Central { get; private set; } = null!;
    protected GridClient Jdoe => Central.Client("jdoe");

    [SetUp]
    public async Task StartCentral() => Central = await TestCentral.Start();

    [TearDown]
    public async Task StopCentral() => await Central.DisposeAsync();

    protected async Task<Submitted> Submit(string jdl, string? key = null) => await Jdoe.Call(new SubmitJob(jdl, [], key), default);

    protected static string Production(int jobs, string more = "") => $"{Echo} Split = \"production:1-{jobs}\"; {more}";

    protected async Task<string> StateOf(long job) => (await Jdoe.Call(new DescribeJob(job), default)).Line.State;

    protected async Task<JobLine> LineOf(long job) => (await Jdoe.Call(new DescribeJob(job), default)).Line;

    protected static async Task Refused(ErrorCode code, string words, Func<Task> act)
    {
        var error = await Assert.ThrowsAsync<GridError>(act);
        Assert.That(error?.Code, Is.EqualTo(code), error?.Message);
        Assert.That(error?.Message, Does.Contain(words));
    }
}
