using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>An agent that is kept for a gang, and the first of one.</summary>
public sealed class GangTests
{
    private const string Launcher = """
        #!/bin/sh
        hosts=$1 nodes=$2 tasks=$3
        shift 3
        echo "launched over $nodes nodes, $tasks tasks each:" $(cat "$hosts")
        exec "$@"
        """;

    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [Test]
    public void A_kept_node_hands_back_what_it_has_not_begun_claims_nothing_and_says_when_it_is_empty()
    {
        var queue = _rig.Offer([AgentRig.Job("/bin/sleep", "600"), AgentRig.Job("/bin/true")]);
        _rig.Start("--cores", "1");
        var running = _rig.Running(queue).AttemptId;
        _rig.Send(new Reserve(5, First: false));
        AgentRig.Wait(() => _rig.Heartbeat is { Gang: 5, IdleCores: 0 }, "the heartbeat says that the node is kept");
        _rig.Version(queue, version => version.Reports.Any(report => report.Outcome == Outcome.HandedBack));
        _rig.Send(new Kill(running));
        AgentRig.Wait(() => _rig.Heartbeat is { Gang: 5, IdleCores: 1 }, "the heartbeat says that it is empty");
        var other = _rig.Offer([AgentRig.Job("/bin/true")]);
        _rig.Send(new Release(4));
        _rig.Final(queue);
        Assert.That(_rig.Bridge.ListPool().Items.Select(entry => entry.Name), Is.EqualTo(new[] { other }), "a kept node claims nothing");
        _rig.Send(new Release(5));
        Assert.That(_rig.Final(other).Reports.Single().Outcome, Is.EqualTo(Outcome.Succeeded));
        AgentRig.Wait(() => _rig.Heartbeat is { Gang: 0 }, "the heartbeat says that it is free");
    }

    [Test]
    public void The_first_of_a_gang_claims_its_job_alone_and_starts_it_with_the_launcher()
    {
        _rig.Start("--launcher", Script());
        _rig.Send(new Reserve(5, First: true));
        AgentRig.Wait(() => _rig.Heartbeat is { Gang: 5 }, "the node is kept");
        var others = _rig.Offer([Wide("true")], gang: new Gang(4, "x\ny"));
        var ours = _rig.Offer([Wide("echo nodes $HPCGRID_NODES $HPCGRID_NODELIST $HPCGRID_TASKS_PER_NODE; sort \"$HPCGRID_HOSTFILE\"")], gang: new Gang(5, "node1\nnode2"));
        var report = _rig.Final(ours).Reports.Single();
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(report.StdoutTail, Is.EqualTo("launched over 2 nodes, 3 tasks each: node1 node2\nnodes 2 node1,node2 3\nnode1\nnode2\n"));
        Assert.That(_rig.Bridge.ListPool().Items.Select(entry => entry.Name), Is.EqualTo(new[] { others }));
    }

    [Test]
    public void Without_the_launcher_the_program_is_started_once_and_finds_the_launcher_in_its_environment()
    {
        var script = Script();
        _rig.Start("--launcher", script, "--shared-work", Path.Combine(_rig.Folder, "shared"));
        _rig.Send(new Reserve(1, First: true));
        var queue = _rig.Offer([Wide("echo $HPCGRID_LAUNCHER; pwd", bySite: false)], gang: new Gang(1, "node1\nnode2"));
        var report = _rig.Final(queue).Reports.Single();
        Assert.That(report.StdoutTail, Does.StartWith($"{script}\n{Path.Combine(_rig.Folder, "shared")}/"));
        AgentRig.Wait(() => Directory.EnumerateDirectories(Path.Combine(_rig.Folder, "shared"), "sandbox*", SearchOption.AllDirectories).Any() is false, "the sandbox is removed");
    }

    [Test]
    public void A_site_without_a_launcher_says_so()
    {
        _rig.Start();
        _rig.Send(new Reserve(1, First: true));
        var report = _rig.Final(_rig.Offer([Wide("true")], gang: new Gang(1, "node1\nnode2"))).Reports.Single();
        Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
        Assert.That(report.Reason, Does.Contain("no launcher"));
    }

    [Test]
    public void When_its_gang_is_dissolved_the_job_is_stopped_and_handed_back()
    {
        _rig.Start("--launcher", Script());
        _rig.Send(new Reserve(1, First: true));
        var queue = _rig.Offer([Wide("sleep 600")], gang: new Gang(1, "node1\nnode2"));
        _rig.Running(queue);
        _rig.Send(new Release(1));
        var report = _rig.Final(queue).Reports.Single();
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Preempted));
        Assert.That(report.Reason, Does.Contain("gang"));
    }

    [Test]
    public void Messages_that_come_late_twice_or_in_another_order_change_nothing()
    {
        var reservation = new Reservation();
        Assert.That(reservation.Take(new Reserve(5, First: true)));
        Assert.That(reservation.Take(new Reserve(5, First: true)), Is.False);
        Assert.That(reservation.Take(new Reserve(4, First: false)), Is.False);
        Assert.That(reservation.Take(new Release(4)), Is.False);
        Assert.That((reservation.Gang, reservation.First), Is.EqualTo((5L, true)));
        Assert.That(reservation.Take(new Release(5)));
        Assert.That(reservation.Take(new Reserve(5, First: true)), Is.False, "a gang that is no more does not come again");
        Assert.That(reservation.Take(new Release(9)), Is.False);
        Assert.That(reservation.Take(new Reserve(9, First: true)), Is.False, "its release was seen first");
        Assert.That(reservation.Take(new Reserve(10, First: false)));
        Assert.That((reservation.MayClaim, reservation.Admits(null), reservation.Admits(new Gang(10, "a"))), Is.EqualTo((false, false, false)));
    }

    private string Script()
    {
        var path = Path.Combine(_rig.Folder, "launch.sh");
        File.WriteAllText(path, Launcher);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private static JobSpec Wide(string script, bool bySite = true) => AgentRig.Shell(script) with
    {
        Resources = new Resources(1, 100, 100, 60) { NodeCount = 2, WholeNode = true },
        Launch = new GangLaunch(3, bySite),
    };
}
