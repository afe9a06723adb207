using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class KillAndResubmitTests : CentralTests
{
    [Test]
    public async Task A_waiting_job_is_killed_at_once_and_never_given_out()
    {
        var job = (await Submit(Echo)).Job;
        Assert.That((await Jdoe.Call(new KillJobs([job]), default)).Jobs[0].Ok, Is.True);
        var bridge = await TestBridge.Join(Central);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await StateOf(job), Is.EqualTo("KILLED"));
            Assert.That(await bridge.Match(1), Is.Empty);
            Assert.That((await bridge.Renew()).Kill, Is.Empty);
        });
    }

    [Test]
    public async Task An_active_job_stays_on_the_kill_list_until_its_end_is_reported([Values] bool started)
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var id = (await bridge.Match(1))[0].AttemptId;
        if (started) await bridge.Report(TestBridge.Running(id));
        var pushed = new TaskCompletionSource<Push>();
        bridge.Client.Pushed += push => { if (push is KillNow) pushed.TrySetResult(push); };
        await Jdoe.Call(new KillJobs([job]), default);
        Assert.That(((KillNow)await pushed.Task.WaitAsync(TimeSpan.FromSeconds(20))).Attempts, Is.EqualTo(new[] { id }));
        for (var i = 0; i < 2; i++) Assert.That((await bridge.Renew()).Kill, Is.EqualTo(new[] { id }));
        Assert.That(await bridge.Report(TestBridge.Ended(id, JobState.Killed)), Is.EqualTo(new[] { id }));
        Assert.That((await bridge.Renew()).Kill, Is.Empty);
        Assert.That(await StateOf(job), Is.EqualTo("KILLED"));
    }

    [Test]
    public async Task What_a_killed_job_had_written_its_owner_can_read()
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var id = (await bridge.Match(1))[0].AttemptId;
        await bridge.Report(TestBridge.Running(id));
        await Jdoe.Call(new KillJobs([job]), default);
        var end = TestBridge.Ended(id, JobState.Killed);
        var said = ((Ended)end.What) with { StdoutTail = "half way\n", Payload = new PayloadResult { Signal = 15, StdoutBytes = 9 } };
        await bridge.Report(end with { What = said });
        var log = await Jdoe.Call(new ReadLog(job), default);
        Assert.That((log.StdoutTail, log.StderrTail, log.StdoutBytes), Is.EqualTo(("half way\n", "", 9L)));
        Assert.That(await StateOf(job), Is.EqualTo("KILLED"));
    }

    [Test]
    public async Task Only_what_has_not_ended_is_killed_and_only_what_has_ended_is_resubmitted([Values("DONE", "ERROR_E", "ERROR_IB", "KILLED")] string end)
    {
        var job = (await Submit($"{Echo} RetryCount = 0;")).Job;
        Assert.That((await Jdoe.Call(new ResubmitJobs([job]), default)).Jobs[0].Ok, Is.False);
        var bridge = await TestBridge.Join(Central);
        JobStates.TryParse(end, out var state);
        await bridge.Finish((await bridge.Match(1))[0].AttemptId, state);
        Assert.That((await Jdoe.Call(new KillJobs([job]), default)).Jobs[0].Message, Does.Contain(end));
        Assert.That((await Jdoe.Call(new ResubmitJobs([job, 999]), default)).Jobs.Select(action => action.Ok), Is.EqualTo(new[] { true, false }));
        Assert.That((await bridge.Match(1))[0].AttemptId, Is.EqualTo(new AttemptId(job, 2)));
    }

    [Test]
    public async Task Resubmitting_removes_what_the_old_attempt_left_in_the_catalogue()
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var first = (await bridge.Match(1))[0];
        await bridge.Report(TestBridge.Ended(first.AttemptId, JobState.Done, await bridge.Upload(first, "out", [1])));
        await Jdoe.Call(new ResubmitJobs([job]), default);
        Assert.That((await Jdoe.Call(new ReadLog(job), default)).Files, Is.Empty);
        var second = (await bridge.Match(1))[0];
        await bridge.Report(TestBridge.Ended(second.AttemptId, JobState.Done, await bridge.Upload(second, "out", [2])));
        Assert.That(await Central.Get(Jdoe, $"{TestCentral.Jdoe}/hpcgrid-job-{job}/out"), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public async Task Killing_a_master_kills_its_unfinished_subjobs_wherever_they_are()
    {
        var master = (await Submit(Production(10))).Job;
        var bridge = await TestBridge.Join(Central);
        var held = await bridge.Match(4);
        await bridge.Finish(held[0].AttemptId);
        await Jdoe.Call(new KillJobs([master]), default);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 1, ["KILLED"] = 9 }));
            Assert.That(await StateOf(master), Is.EqualTo("KILLED"));
            Assert.That((await bridge.Renew()).Kill, Is.EqualTo(held.Skip(1).Select(job => job.AttemptId)));
            Assert.That(await bridge.Match(10), Is.Empty);
            Assert.That((await LineOf(master + 5)).Reason, Does.Contain("jdoe"));
        });
        Assert.That((await Jdoe.Call(new ResubmitJobs([master]), default)).Jobs[0].Message, Does.StartWith("9 subjobs"));
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 1, ["WAITING"] = 9 }));
    }

    [Test]
    public async Task A_job_that_must_not_run_twice_is_resubmitted_only_when_its_old_attempt_is_gone()
    {
        var job = (await Submit($"{Echo} Repeatable = \"0\";")).Job;
        var bridge = await TestBridge.Join(Central);
        var id = (await bridge.Match(1))[0].AttemptId;
        await Jdoe.Call(new KillJobs([job]), default);
        Assert.That((await Jdoe.Call(new ResubmitJobs([job]), default)).Jobs[0].Message, Does.Contain("twice"));
        await bridge.Report(TestBridge.Ended(id, JobState.Killed));
        Assert.That((await Jdoe.Call(new ResubmitJobs([job]), default)).Jobs[0].Ok, Is.True);
    }
}
