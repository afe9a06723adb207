using System.Net;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>What failed jobs leave (OutputErrorE), what running ones use, and what agents remark.</summary>
public sealed class ErrorOutputTests
{
    private static readonly byte[] Bytes = [1, 2, 3];
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [TestCase(Outcome.ExecutionFailed, "ErrorE")]
    [TestCase(Outcome.LimitExceeded, "ErrorE")]
    [TestCase(Outcome.ValidationFailed, "ErrorV")]
    public void Error_outputs_are_uploaded_and_the_job_ends_as_it_failed(Outcome outcome, string state)
    {
        var agent = RunSeven(out var queue);
        Fail(agent, queue, outcome);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "it is over");
        var end = _rig.Central.EndOf(7)!;
        Assert.Multiple(() =>
        {
            Assert.That(end.State.ToString(), Is.EqualTo(state));
            Assert.That(_rig.Storage.Files["/se/" + end.Outputs.Single().Pfn], Is.EqualTo(Bytes));
            Assert.That(_rig.Central.Of(7).Select(e => e.What), Has.None.InstanceOf<Saving>(), "SAVING is for payloads that ended well");
        });
    }

    [Test]
    public void Error_outputs_that_no_storage_takes_do_not_change_why_the_job_failed()
    {
        _rig.Storage.PutFault = HttpStatusCode.Forbidden;
        var agent = RunSeven(out var queue);
        Fail(agent, queue, Outcome.ExecutionFailed);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "it is over");
        var end = _rig.Central.EndOf(7)!;
        Assert.That((end.State, end.Outputs.Count), Is.EqualTo((JobState.ErrorE, 0)));
        Assert.That(end.Reason, Does.StartWith("it failed; its outputs were not saved: "));
    }

    [Test]
    public void What_a_killed_job_wrote_is_not_saved()
    {
        var agent = RunSeven(out var queue);
        _rig.Central.Kill[new AttemptId(7, 1)] = true;
        _rig.Until(() => agent.Messages().Contains(new Kill(new AttemptId(7, 1))), "the agent is told");
        Fail(agent, queue, Outcome.ExecutionFailed);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Killed, "it is over");
        Assert.That(_rig.Storage.Files, Is.Empty);
    }

    [Test]
    public void Samples_of_running_jobs_reach_central()
    {
        var agent = RunSeven(out var queue);
        foreach (var cpu in new[] { 1.5, 2.5 })
        {
            var sample = new JobSample { Job = 7, Attempt = 1, At = DateTimeOffset.UnixEpoch.AddSeconds(cpu), CpuSeconds = cpu, RssKib = 100 };
            agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running) with { Sample = sample }]);
            _rig.Until(() => _rig.Central.Samples.Any(seen => seen.CpuSeconds == cpu), "central hears");
        }
        Assert.That(_rig.Central.Samples.Select(sample => sample.CpuSeconds), Is.EqualTo(new[] { 1.5, 2.5 }));
    }

    [Test]
    public void A_remark_is_told_while_the_job_runs_and_only_once()
    {
        var agent = RunSeven(out var queue);
        for (var i = 1; i <= 3; i++)
        {
            agent.Publish(queue, i == 3, [agent.Report(queue.Jobs[0], i == 3 ? ReportStage.Ended : ReportStage.Running, i == 3 ? Outcome.ExecutionFailed : null)],
                notes: [.. Enumerable.Range(1, i).Select(n => new AgentNote(new AttemptId(7, 1), n, "limit", DateTimeOffset.UnixEpoch, $"remark {n}"))]);
            _rig.Until(() => Remarks().Contains($"limit: remark {i}"), "central hears");
        }
        Assert.That(Remarks(), Is.EqualTo(new[] { "limit: remark 1", "limit: remark 2", "limit: remark 3" }));
    }

    private List<string> Remarks() => [.. _rig.Central.Events.Select(e => e.What).OfType<Noted>().Select(noted => noted.Text)];

    private static void Fail(PlayedAgent agent, WorkQueue queue, Outcome outcome)
    {
        var content = Content.Of(Bytes);
        var report = agent.Report(queue.Jobs[0], ReportStage.Ended, outcome) with { Reason = "it failed", Outputs = [new CollectedOutput("core.txt", content, null, [])] };
        agent.Publish(queue, true, [report], new Dictionary<string, byte[]> { [content.Sha256] = Bytes });
    }

    private PlayedAgent RunSeven(out WorkQueue queue)
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        WorkQueue? claimed = null;
        _rig.Until(() => (claimed = agent.TryClaim()) is not null, "it is claimed");
        queue = claimed!;
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "it runs");
        return agent;
    }
}
