using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>
/// How long a kill and a look take on a mount that shows what was two seconds ago, on a played clock, with an agent that looks as seldom as it may. A poll
/// interval there is the pause between two looks and the mount's caching bound.
/// </summary>
public sealed class CachingMountTests
{
    private const double Step = 0.05;
    private static readonly AttemptId Seven = new(7, 1);
    private static readonly TimeSpan Caching = TimeSpan.FromSeconds(2);
    private static readonly SpoolTiming Timing = SpoolTiming.For(Caching);
    private readonly BridgeRig _rig = new() { CachingBound = Caching };

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_kill_is_confirmed_within_two_poll_intervals()
    {
        var agent = Running(out var queue);
        var taken = Take(agent, () => _rig.Central.Arrivals!.Pushed(new KillNow([Seven])), message => message == new Kill(Seven),
            () => agent.Finish(queue, Outcome.Killed), () => _rig.Central.EndOf(7)?.State == JobState.Killed);
        Assert.That(taken, Is.LessThan(2 * (Timing.PollMax + Caching)).And.GreaterThan(2 * Caching));
    }

    [Test]
    public void A_look_is_answered_within_two_poll_intervals()
    {
        var agent = Running(out _);
        var order = new PeekOrder(Guid.NewGuid(), Seven, PeekKind.File, "stdout", 0);
        var taken = Take(agent, () => _rig.Central.Arrivals!.Pushed(new PeekNow([order])), message => message is Peek,
            () => agent.Spool.PublishAnswer(new PeekAnswer(order.Id, new Peeked { Job = 7, Attempt = 1, Bytes = [1], Size = 1 }, null)),
            () => !_rig.Central.Answers.IsEmpty);
        Assert.That(taken, Is.LessThan(2 * (Timing.PollMax + Caching)).And.GreaterThan(2 * Caching));
    }

    private PlayedAgent Running(out WorkQueue queue)
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        WorkQueue? claimed = null;
        _rig.Until(() => (claimed = agent.TryClaim()) is not null, "it is claimed");
        queue = claimed!;
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is HpcGrid.Core.Jobs.Running), "it runs");
        return agent;
    }

    /// <summary>From the order to its confirmation at central.</summary>
    private TimeSpan Take(PlayedAgent agent, Action order, Predicate<ControlMessage> awaited, Action obey, Func<bool> confirmed)
    {
        var start = _rig.Time.GetTimestamp();
        // The agent has just looked; its next look shows what was there a caching bound before.
        var nextLook = Timing.PollMax;
        TimeSpan? written = null, obeyed = null;
        order();
        while (!confirmed())
        {
            var now = _rig.Time.GetElapsedTime(start);
            Assert.That(now, Is.LessThan(TimeSpan.FromMinutes(2)), "waited in vain");
            if (written is null && agent.Messages().Any(message => awaited(message))) written = now;
            if (now >= nextLook)
            {
                nextLook += Timing.PollMax;
                if (written + Caching <= now) obeyed ??= now;
            }
            // What the agent writes the bridge is shown as late.
            if (obeyed is { } at && now >= at + Caching)
            {
                obey();
                obeyed = TimeSpan.MaxValue - TimeSpan.FromDays(1);
            }
            _rig.Ticks(1, Step);
            // The played clock waits a moment for real background work.
            SpinWait.SpinUntil(confirmed, TimeSpan.FromMilliseconds(2));
        }
        return _rig.Time.GetElapsedTime(start);
    }
}
