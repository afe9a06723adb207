using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

/// <summary>What jobs used over time, and what failed ones left.</summary>
internal sealed class SampleTests : CentralTests
{
    [Test]
    public async Task Samples_are_kept_in_order_and_thinned_out_when_there_are_many()
    {
        var (bridge, assignment) = await RunOne();
        const int Sent = 400;
        for (var i = 1; i <= Sent; i++) await bridge.Client.Call(new ReportSamples([Sample(assignment, i)]), default);
        await bridge.Client.Call(new ReportSamples([Sample(assignment, Sent)]), default);
        var samples = (await Jdoe.Call(new ReadSamples(assignment.Job), default)).Samples;
        Assert.Multiple(() =>
        {
            Assert.That(samples, Has.Count.InRange(60, 120));
            Assert.That(samples.Select(sample => sample.CpuSeconds), Is.Ordered.And.Unique);
            Assert.That(samples[^1].CpuSeconds, Is.EqualTo(Sent));
            Assert.That(samples[0].CpuSeconds, Is.LessThan(10), "the beginning is still there");
        });
    }

    [Test]
    public async Task Only_samples_of_attempts_that_the_bridge_holds_count()
    {
        var (bridge, assignment) = await RunOne();
        await Central.Accounts.Add("summit", HpcGrid.Central.Identity.Role.Bridge);
        await Central.Client("summit").Call(new ReportSamples([Sample(assignment, 1)]), default);
        await bridge.Client.Call(new ReportSamples([Sample(assignment, 2) with { Attempt = 7 }, Sample(assignment, 3) with { Job = 999 }]), default);
        Assert.That((await Jdoe.Call(new ReadSamples(assignment.Job), default)).Samples, Is.Empty);
        await Refused(ErrorCode.Denied, "", () => Jdoe.Call(new ReportSamples([Sample(assignment, 4)]), default));
        await Refused(ErrorCode.NotFound, "there is no job", () => Central.Client("mary").Call(new ReadSamples(assignment.Job), default));
    }

    [Test]
    public async Task Error_outputs_are_registered_apart_and_stay_when_the_job_runs_again()
    {
        var (bridge, assignment) = await RunOne();
        var saved = await bridge.Upload(assignment, "core.txt", [1, 2, 3]);
        await bridge.Report(TestBridge.Ended(assignment.AttemptId, JobState.ErrorE, saved));
        var path = $"{TestCentral.Jdoe}/recycle/hpcgrid-job-{assignment.Job}.1/core.txt";
        Assert.That(await StateOf(assignment.Job), Is.EqualTo("ERROR_E"));
        Assert.That(await Central.Get(Jdoe, path), Is.EqualTo(new byte[] { 1, 2, 3 }));

        await Jdoe.Call(new ResubmitJobs([assignment.Job]), default);
        var again = (await bridge.Match(1))[0];
        var second = await bridge.Upload(again, "core.txt", [4]);
        await bridge.Report(TestBridge.Ended(again.AttemptId, JobState.ErrorV, second));
        Assert.That(await Central.Get(Jdoe, path), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await Central.Get(Jdoe, path.Replace(".1/", ".2/", StringComparison.Ordinal)), Is.EqualTo(new byte[] { 4 }));
        Assert.That((await Jdoe.Call(new ReadLog(assignment.Job), default)).Files, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Error_outputs_that_cannot_be_registered_do_not_change_why_the_job_failed()
    {
        var (bridge, assignment) = await RunOne();
        var saved = await bridge.Upload(assignment, "core.txt", [1, 2, 3]) with { Pfn = "00/00000/" + Guid.NewGuid() };
        await bridge.Report(TestBridge.Ended(assignment.AttemptId, JobState.ErrorE, saved));
        var line = await LineOf(assignment.Job);
        Assert.That(line.State, Is.EqualTo("ERROR_E"));
        Assert.That(line.Reason, Does.Contain("its error outputs cannot be registered"));
    }

    [Test]
    public async Task Why_a_payload_ended_is_shown()
    {
        var (bridge, assignment) = await RunOne();
        var ended = TestBridge.Ended(assignment.AttemptId, JobState.ErrorE);
        await bridge.Report(ended with { What = (Ended)ended.What with { Payload = new PayloadResult { Signal = 9, Cause = PayloadCause.OutOfMemory } } });
        var payload = (await LineOf(assignment.Job)).Payload!;
        Assert.That(payload.Cause, Is.EqualTo(PayloadCause.OutOfMemory));
        Assert.That(payload.Describe(), Is.EqualTo("signal 9 (killed by the kernel: out of memory)"));
    }

    private static JobSample Sample(Assignment assignment, int second) => new()
    {
        Job = assignment.Job, Attempt = assignment.Attempt, At = DateTimeOffset.UnixEpoch.AddSeconds(second), CpuSeconds = second,
    };

    private async Task<(TestBridge Bridge, Assignment Assignment)> RunOne()
    {
        await Submit(Echo + " RetryCount = 0;");
        var bridge = await TestBridge.Join(Central);
        var assignment = (await bridge.Match(1))[0];
        await bridge.Report(TestBridge.Started(assignment.AttemptId), TestBridge.Running(assignment.AttemptId));
        return (bridge, assignment);
    }
}
