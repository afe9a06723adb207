using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>Jobs that do not end by themselves, and processes that hide. Nothing of them may live on.</summary>
public sealed class KillingTests
{
    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [TestCase("stubborn", TestName = "A job past its TTL is stopped though it ignores TERM")]
    [TestCase("daemon", TestName = "A job past its TTL is stopped with the processes it put into sessions of their own")]
    [TestCase("fork", TestName = "A job past its TTL is stopped with its children")]
    public void A_job_past_its_TTL_is_stopped(string kind)
    {
        var queue = _rig.Offer([AgentRig.Payload(kind, "3") with { Resources = new Resources(1, 100, 100, 1) }]);
        _rig.Start("--grace", "0.3");
        var report = _rig.Final(queue).Reports.Single();
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.LimitExceeded));
            Assert.That(report.Reason, Does.Contain("TTL of 1 s"));
            Assert.That(report.StdoutTail, Does.Contain("ready"));
            Assert.That(_rig.PayloadProcesses(), Is.Empty);
        });
    }

    [Test]
    public void A_job_that_ends_on_TERM_is_not_killed()
    {
        var queue = _rig.Offer([AgentRig.Shell("trap 'echo tidied up; exit 0' TERM; sleep 1000 & wait") with { Resources = new Resources(1, 100, 100, 1) }]);
        _rig.Start("--grace", "60");
        var report = _rig.Final(queue).Reports.Single();
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.LimitExceeded));
            Assert.That(report.Payload!.ExitCode, Is.Zero);
            Assert.That(report.StdoutTail, Is.EqualTo("tidied up\n"));
        });
    }

    [Test]
    public void Processes_that_a_finished_payload_left_behind_are_killed()
    {
        var report = _rig.Run(AgentRig.Payload("daemon", "leave"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(_rig.PayloadProcesses(), Is.Empty);
    }

    /// <summary>Each would hold a number of the node's until its job ends, and a job of hours may leave thousands.</summary>
    [Test]
    public void Processes_that_a_running_payload_left_and_that_died_do_not_stay_as_zombies()
    {
        var queue = _rig.Offer([AgentRig.Shell("for i in 1 2 3 4 5; do (sleep 3 & echo $!); done; exec sleep 1000")]);
        var agent = _rig.Start();
        _rig.Version(queue, version => version.Reports.Count(report => report.Stage == ReportStage.Running) == 1);
        var (children, left) = ($"/proc/{agent.Id}/task/{agent.Id}/children", 0);
        AgentRig.Wait(() => (left = Math.Max(left, File.ReadAllText(children).Split(' ').Length - 1)) > 0, "the agent adopts them");
        AgentRig.Wait(() => File.ReadAllText(children).Length == 0, "they are taken");
        _rig.Send(new Kill(new AttemptId(1000, 1)));
        Assert.That(_rig.Final(queue).Reports.Single().Outcome, Is.EqualTo(Outcome.Killed));
    }

    [Test]
    public void What_one_job_left_behind_does_not_cost_another_ones_processes()
    {
        var queue = _rig.Offer([AgentRig.Shell("setsid sleep 1000 & exit 0"), AgentRig.Shell("setsid sleep 1 & sleep 1; wait; echo unharmed")]);
        _rig.Start();
        var reports = _rig.Final(queue).Reports;
        Assert.That(reports.Select(report => report.Outcome), Is.All.EqualTo(Outcome.Succeeded));
        Assert.That(reports[1].StdoutTail, Is.EqualTo("unharmed\n"));
        Assert.That(_rig.PayloadProcesses(), Is.Empty);
    }

    [Test]
    public void A_kill_message_stops_a_running_job_and_no_other()
    {
        var queue = _rig.Offer([AgentRig.Shell("sleep 1000"), AgentRig.Shell("sleep 2")]);
        _rig.Start();
        _rig.Version(queue, version => version.Reports.Count(report => report.Stage == ReportStage.Running) == 2);
        _rig.Send(new Kill(new AttemptId(1000, 1)));
        _rig.Send(new Kill(new AttemptId(1001, 7)));
        var reports = _rig.Final(queue).Reports;
        Assert.Multiple(() =>
        {
            Assert.That(reports[0].Outcome, Is.EqualTo(Outcome.Killed));
            Assert.That(reports[0].Payload!.Signal, Is.EqualTo(15));
            Assert.That(reports[1].Outcome, Is.EqualTo(Outcome.Succeeded));
            Assert.That(_rig.PayloadProcesses(), Is.Empty);
        });
    }

    [Test]
    public void A_killed_job_that_waits_is_never_started()
    {
        var go = Path.Combine(_rig.Folder, "go");
        var waiting = AgentRig.Shell($"until [ -e {go} ]; do sleep 0.05; done");
        var queue = _rig.Offer([waiting, waiting, AgentRig.Shell("echo started")]);
        _rig.Start();
        _rig.Running(queue);
        _rig.Send(new Kill(new AttemptId(1002, 1)));
        _rig.Version(queue, version => version.Reports.Any(report => report.AttemptId.Job == 1002 && report.Outcome == Outcome.Killed));
        File.WriteAllText(go, "");
        var report = _rig.Final(queue).Reports[2];
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Killed));
        Assert.That(report.RunningAt, Is.Null);
    }

    [Test]
    public void Nothing_outlives_an_agent_that_is_killed()
    {
        var queue = _rig.Offer([AgentRig.Payload("daemon"), AgentRig.Payload("stubborn")]);
        var agent = _rig.Start();
        _rig.Version(queue, version => version.Reports.Count(report => report.Stage == ReportStage.Running) == 2);
        Assert.That(_rig.PayloadProcesses(), Is.Not.Empty);
        agent.Kill();
        AgentRig.Wait(() => _rig.PayloadProcesses().Count == 0, "the guard kills them");
    }

    [Test]
    public void What_a_dead_agent_left_on_the_disk_is_removed_by_the_next()
    {
        var queue = _rig.Offer([AgentRig.Payload("stubborn")]);
        var first = _rig.Start();
        var workdir = _rig.Running(queue).Workdir;
        first.Kill();
        first.WaitForExit();
        Assert.That(Directory.Exists(workdir));
        _rig.Start();
        AgentRig.Wait(() => !Directory.Exists(workdir), "it is removed");
    }
}
