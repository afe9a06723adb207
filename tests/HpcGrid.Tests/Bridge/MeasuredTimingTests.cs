using HpcGrid.Bridge.Nodes;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>C is raised to what a mount really shows (PROTOCOL 6).</summary>
public sealed class MeasuredTimingTests
{
    private static readonly SpoolTiming Gluster = SpoolTiming.For(TimeSpan.FromSeconds(2));

    /// <summary>All that an agent's pauses explain: it looks, then it beats.</summary>
    private static readonly double Pauses = Gluster.PollMax.TotalSeconds * 1.25 + Gluster.Heartbeat.TotalSeconds * 1.1;

    [TestCase(0, 0, 2)]
    [TestCase(2, 0, 2, Description = "as expected of this kind")]
    [TestCase(12, 0, 12)]
    [TestCase(12, 5, 7, Description = "we had not looked for 5 s ourselves")]
    [TestCase(3600, 0, 65, Description = "an agent that was paused says nothing of the mount")]
    public void What_pauses_do_not_explain_is_the_mounts(double late, double betweenLooks, double bound) =>
        Assert.That(EchoRules.BoundOf(TimeSpan.FromSeconds(Pauses + late), TimeSpan.FromSeconds(betweenLooks), Gluster).TotalSeconds, Is.EqualTo(bound).Within(0.001));

    [Test]
    public void A_filesystem_of_one_machine_caches_nothing() =>
        Assert.That(EchoRules.BoundOf(TimeSpan.FromHours(1), TimeSpan.Zero, SpoolTiming.For(TimeSpan.Zero)), Is.EqualTo(TimeSpan.Zero));

    [Test]
    public void A_longer_bound_makes_every_wait_longer_that_rests_on_it_and_the_order_holds()
    {
        var raised = Gluster.Raised(TimeSpan.FromSeconds(30)).Check();
        Assert.That(raised with { Resweeps = [] }, Is.EqualTo(SpoolTiming.For(TimeSpan.FromSeconds(30)) with { Resweeps = [] }));
        Assert.That(raised.Resweeps, Is.EqualTo(SpoolTiming.For(TimeSpan.FromSeconds(30)).Resweeps));
    }

    [Test]
    public void An_agent_whose_heartbeats_are_shown_late_is_not_suspected_once_that_was_measured()
    {
        using var rig = new BridgeRig { CachingBound = TimeSpan.FromMilliseconds(100) };
        var agent = rig.Agent();
        agent.Beat();
        var lease = 0L;
        rig.Until(() => (lease = agent.Spool.ReadInbox().Lease?.Number ?? 0) > 0, "it has a lease");
        // Half a minute passes beyond all pauses before its heartbeat shows the lease; silent for so long it is no suspect yet.
        rig.Ticks(11, 5);
        for (var beats = 0; beats < 6; beats++) agent.Beat(lease: lease);
        rig.Ticks(1, 1);
        Assert.That(rig.Host.Timing.CachingBound.TotalSeconds, Is.InRange(20, 40));
    }

    /// <summary>Found by simulation (lustre, seed 984): one agent that had been stopped made all waits of its bridge longer for ever.</summary>
    [Test]
    public void An_agent_that_stood_still_says_nothing_of_the_mount_with_any_of_its_beats()
    {
        using var rig = new BridgeRig { CachingBound = TimeSpan.FromMilliseconds(100) };
        var agent = rig.Agent();
        agent.Beat();
        rig.Until(() => agent.Spool.ReadInbox().Lease is not null, "it has a lease");
        rig.Ticks(11, 5);
        for (var beats = 0; beats < 6; beats++)
        {
            agent.Beat(lease: agent.Spool.ReadInbox().Lease!.Value.Number);
            rig.Ticks(2, 1);
        }
        Assert.That(rig.Host.Timing.CachingBound.TotalSeconds, Is.EqualTo(0.1));
    }

    [Test]
    public void A_bound_that_was_measured_once_is_believed_for_an_hour_and_for_another_with_each_late_echo()
    {
        var timing = new MeasuredTiming(Gluster);
        Echo(late: 12, minute: 0);
        Echo(late: 0, minute: 59);
        Assert.That(timing.Now.CachingBound.TotalSeconds, Is.EqualTo(12).Within(0.001));
        Echo(late: 5, minute: 59);
        Echo(late: 0, minute: 118);
        Assert.That(timing.Now.CachingBound.TotalSeconds, Is.EqualTo(12).Within(0.001));
        Echo(late: 0, minute: 120);
        Assert.That(timing.Now, Is.EqualTo(Gluster));

        void Echo(double late, double minute) => timing.Echoed(TimeSpan.FromSeconds(Pauses + late), TimeSpan.Zero, TimeSpan.FromMinutes(minute));
    }
}
