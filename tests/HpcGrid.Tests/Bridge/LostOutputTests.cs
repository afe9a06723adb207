using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>Large outputs that vanish from the spool before they are saved (found by simulation: B2; beegfs, seed 10224941).</summary>
public sealed class LostOutputTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_job_whose_output_is_gone_from_the_spool_ends_after_a_while_and_says_so()
    {
        var agent = EndsWithout(7);
        _rig.Ticks(20);
        Assert.That(_rig.Central.EndOf(7), Is.Null, "one look says nothing");
        Until(agent, () => _rig.Central.EndOf(7) is not null, "it ends");
        Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.ErrorSV));
        Assert.That(_rig.Central.EndOf(7)!.Reason, Does.Contain("result.dat").And.Contain(agent.Name));
    }

    [Test]
    public void While_the_directory_cannot_be_listed_nothing_is_lost()
    {
        _rig.Faults.Rule = (operation, _, path) => operation == FsOperation.List && path.EndsWith("/out", StringComparison.Ordinal) && _blind
            ? new Fault(Errno.EIO) : null;
        var agent = EndsWithout(7);
        _blind = true;
        for (var i = 0; i < 60; i++) Pass(agent);
        Assert.That(_rig.Central.EndOf(7), Is.Null);
        _blind = false;
        Until(agent, () => _rig.Central.EndOf(7) is not null, "it ends");
    }

    [Test]
    public void A_drained_bridge_waits_for_no_output_that_is_gone()
    {
        var agent = EndsWithout(7);
        _rig.Host.Drain();
        agent.Beat(left: true);
        Until(null, () => _rig.Host.IsDrained, "all that can be delivered is");
    }

    private bool _blind;

    /// <summary>A job that ended well and wrote a large output, which somebody removed.</summary>
    private PlayedAgent EndsWithout(long job)
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(job));
        var agent = _rig.Agent();
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "it is offered");
        var name = new OutputName(queue!.Jobs[0].Id, 0, 0, "result.dat");
        var content = Content.Of("result"u8);
        Assert.That(agent.Spool.PublishLargeOutput(name, new MemoryStream("result"u8.ToArray()).Read).Content, Is.EqualTo(content));
        File.Delete(Path.Combine(_rig.Options.Spool, "agents", agent.Name, "live", "out", name.FileName));
        agent.Publish(queue, true, [agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Succeeded) with
        {
            Outputs = [new CollectedOutput("result.dat", content, name.FileName, [])],
        }]);
        _rig.Until(() => _rig.Central.Of(job).Any(told => told.What is Saving), "its result is committed");
        return agent;
    }

    private void Until(PlayedAgent? agent, Func<bool> holds, string what) => _rig.Until(() =>
    {
        Pass(agent);
        return holds();
    }, what);

    private void Pass(PlayedAgent? agent)
    {
        agent?.Beat();
        _rig.Ticks(1, 20);
    }
}
