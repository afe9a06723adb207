using System.CommandLine;
using HpcGrid.Central.Events;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class AlarmTests : CentralTests
{
    [Test]
    public async Task A_payload_that_runs_again_in_another_branch_is_no_alarm()
    {
        var (bridge, id) = await Begin();
        await bridge.Report(TestBridge.Started(id), TestBridge.Running(id), TestBridge.Requeued(id, 1), TestBridge.Started(id, 1), TestBridge.Running(id, 1));
        await bridge.Report(TestBridge.Started(id), TestBridge.Started(id, 1));
        Assert.That(Alarms(), Is.Empty);
    }

    [Test]
    public async Task One_branch_started_by_two_agents_is_an_alarm_and_the_same_start_again_is_none()
    {
        var (bridge, id) = await Begin();
        var other = TestBridge.Started(id) with { What = new Started("node2", "agent2") };
        await bridge.Report(TestBridge.Started(id));
        Assert.That(Alarms(), Is.Empty);
        await bridge.Report(other);
        await bridge.Report(other);
        Assert.That(Alarms(), Is.EqualTo(new[] { "branch 0 of attempt 1 was started by two agents: agent1 on node1 and agent2 on node2" }));
        Assert.That(await Traced(id.Job), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_alarm_of_a_bridge_is_listed_until_it_is_forgotten()
    {
        var (bridge, id) = await Begin();
        await bridge.Report(new JobEvent(id.Job, new EventKey(1, 0, EventSource.Bridge, 1234), DateTimeOffset.UnixEpoch, new Noted("seen") { IsAlarm = true }));
        Assert.That((await Run(), await Run("--forget"), await Run()), Is.EqualTo((3, 3, 0)));
        Assert.That(await Traced(id.Job), Is.EqualTo(new[] { "seen" }), "the trace keeps it");
    }

    private async Task<(TestBridge, AttemptId)> Begin()
    {
        await Submit(Echo);
        var bridge = await TestBridge.Join(Central);
        return (bridge, (await bridge.Match(1))[0].AttemptId);
    }

    private List<string> Alarms() => [.. Central.Database.Read(session => AlarmTable.Newest(session, 10)).Select(alarm => alarm.Text)];

    private async Task<List<string>> Traced(long job) =>
        [.. (await Jdoe.Call(new TraceJob(job), default)).Events.Select(seen => seen.What).OfType<Noted>().Where(note => note.IsAlarm is true).Select(note => note.Text)];

    private Task<int> Run(params string[] options)
    {
        var home = new Option<string>("--home");
        return HpcGrid.Central.AlarmCommand.Make(home).Parse(["--home", Central.Home.Path, .. options]).InvokeAsync();
    }
}
