using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>The agent and the bridge, through the spool alone (PROTOCOL A1 to A6).</summary>
public sealed class AgentLoopTests
{
    private const int UserSignal1 = 10, Terminate = 15;

    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [Test]
    public void A_file_of_jobs_is_run_published_acknowledged_and_removed()
    {
        var queue = _rig.Offer([.. Enumerable.Range(0, 50).Select(Counting)]);
        var agent = _rig.Start("--idle-exit", "0.2");
        var final = _rig.Final(queue);
        Assert.That(final.Reports.Select(report => report.Outcome), Is.All.EqualTo(Outcome.Succeeded));
        Assert.That(final.Reports.Select(report => report.StdoutTail), Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"{i}\n")));
        Assert.That(_rig.Bridge.ListPool().Items, Is.Empty);
        _rig.Send(new Ack(queue));
        Assert.That(_rig.ExitCode(agent), Is.Zero);
        var seen = _rig.Bridge.Agents.Observe(_rig.Place);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Claims, Is.Empty);
            Assert.That(seen.Versions, Is.Empty);
            Assert.That(seen.Outputs, Is.Empty);
            Assert.That(_rig.Heartbeat!.Value.Left);
            Assert.That(Directory.GetFileSystemEntries(Path.Combine(_rig.Folder, "work")), Is.Empty);
        });
    }

    [Test]
    public void Jobs_that_have_not_begun_are_handed_back_when_another_node_is_idle()
    {
        var queue = _rig.Offer([AgentRig.Job("/bin/sleep", "600"), .. Enumerable.Range(0, 9).Select(Counting)]);
        var agent = _rig.Start("--cores", "1", "--idle-exit", "0.2");
        var first = _rig.Running(queue).AttemptId;
        _rig.Send(new Yield(queue, 2));
        _rig.Version(queue, version => version.Reports.Count(report => report.Outcome == Outcome.HandedBack) == 7);
        _rig.Send(new Yield(queue, 2));
        _rig.Send(new Kill(first));
        var final = _rig.Final(queue);
        Assert.That(final.Reports.Count(report => report.Outcome == Outcome.HandedBack), Is.EqualTo(7));
        Assert.That(final.Reports.Count(report => report.Outcome == Outcome.Succeeded), Is.EqualTo(2));
        _rig.Send(new Ack(queue));
        Assert.That(_rig.ExitCode(agent), Is.Zero);
    }

    [Test]
    public void Results_are_kept_until_they_are_acknowledged()
    {
        var queue = _rig.Offer([AgentRig.Job("/bin/true")]);
        var agent = _rig.Start("--idle-exit", "0.1");
        _rig.Final(queue);
        var another = _rig.Offer([AgentRig.Job("/bin/true")]);
        _rig.Final(another);
        Assert.That(_rig.Bridge.Agents.Observe(_rig.Place).Versions.Keys, Is.EquivalentTo(new[] { queue, another }));
        Assert.That(agent.HasExited, Is.False);
    }

    [Test]
    public void In_acked_mode_nothing_starts_before_the_bridge_says_so()
    {
        var queue = _rig.Offer([AgentRig.Job("/bin/true")], StartMode.Acked);
        _rig.Start();
        Assert.That(_rig.Version(queue, _ => true), Has.Property("Sequence").EqualTo(1).And.Property("Final").False.And.Property("Reports").Empty);
        _rig.Send(new Start(queue));
        Assert.That(_rig.Final(queue).Reports.Single().Outcome, Is.EqualTo(Outcome.Succeeded));
    }

    [TestCaseSource(nameof(BadGrants))]
    public void A_job_without_a_good_grant_is_refused((string Fault, Func<Grant, Grant> Spoil) grant)
    {
        var queue = _rig.Offer([AgentRig.Shell("echo started")], grant: grant.Spoil);
        _rig.Start();
        var report = _rig.Final(queue).Reports.Single();
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.Refused));
            Assert.That(report.Reason, Does.Contain(grant.Fault));
            Assert.That(report.RunningAt, Is.Null);
            Assert.That(report.StdoutTail, Is.Empty);
        });
    }

    [Test]
    public void A_job_whose_grant_has_expired_is_handed_back_for_a_new_one_and_others_run()
    {
        var late = _rig.Offer([AgentRig.Shell("echo started")], grant: grant => grant with { Expires = grant.NotBefore - 10 });
        _rig.Start();
        Assert.That(_rig.Final(late).Reports.Single(), Has.Property("Outcome").EqualTo(Outcome.HandedBack).And.Property("Reason").Contains("expired"));
        Assert.That(_rig.Final(_rig.Offer([AgentRig.Job("/bin/true")])).Reports.Single().Outcome, Is.EqualTo(Outcome.Succeeded));
    }

    [Test]
    public void A_node_whose_clock_is_behind_hands_back_and_leaves()
    {
        var queue = _rig.Offer([AgentRig.Shell("echo started"), AgentRig.Job("/bin/true")], grant: grant => grant with { NotBefore = grant.NotBefore + 1000 });
        var agent = _rig.Start();
        var reports = _rig.Final(queue).Reports;
        Assert.Multiple(() =>
        {
            Assert.That(reports.Select(report => report.Outcome), Is.All.EqualTo(Outcome.HandedBack));
            Assert.That(reports[0].Reason, Does.Contain("this node's clock is wrong"));
            Assert.That(reports[1].Spared, "only the job that showed it is charged");
        });
        _rig.Send(new Ack(queue));
        Assert.That(_rig.ExitCode(agent), Is.Zero);
    }

    [Test]
    public void Draining_hands_back_what_has_not_begun_and_finishes_what_runs()
    {
        var go = Path.Combine(_rig.Folder, "go");
        var waiting = AgentRig.Shell($"until [ -e {go} ]; do sleep 0.05; done; echo done");
        var queue = _rig.Offer([waiting, waiting, AgentRig.Job("/bin/true")]);
        var agent = _rig.Start();
        _rig.Running(queue);
        Signal(agent, UserSignal1);
        AgentRig.Wait(() => _rig.Heartbeat is { Draining: true }, "the agent drains");
        File.WriteAllText(go, "");
        var reports = _rig.Final(queue).Reports;
        Assert.Multiple(() =>
        {
            Assert.That(reports.Select(report => report.Outcome), Is.EqualTo(new Outcome?[] { Outcome.Succeeded, Outcome.Succeeded, Outcome.HandedBack }));
            Assert.That(reports[0].StdoutTail, Is.EqualTo("done\n"));
        });
        _rig.Send(new Ack(queue));
        Assert.That(_rig.ExitCode(agent), Is.Zero);
    }

    [Test]
    public void A_drain_message_does_the_same()
    {
        var agent = _rig.Start();
        _rig.Send(new Drain());
        Assert.That(_rig.ExitCode(agent), Is.Zero);
        Assert.That(_rig.Heartbeat!.Value.Draining);
    }

    [Test]
    public void SIGTERM_preempts_running_jobs_and_publishes_them()
    {
        var queue = _rig.Offer([AgentRig.Shell("sleep 1000")]);
        var agent = _rig.Start("--term-wait", "0.1");
        _rig.Running(queue);
        Signal(agent, Terminate);
        Assert.That(_rig.Final(queue).Reports.Single().Outcome, Is.EqualTo(Outcome.Preempted));
        Assert.That(_rig.ExitCode(agent), Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_payload_that_the_end_of_the_batch_job_kills_first_is_preempted_and_one_that_is_killed_alone_has_failed(bool batchJobEnds)
    {
        var queue = _rig.Offer([AgentRig.Job("/bin/sleep", "1000")]);
        var agent = _rig.Start();
        _rig.Running(queue);
        foreach (var payload in _rig.PayloadProcesses()) Signal(payload, Terminate);
        if (batchJobEnds) Signal(agent, Terminate);
        Assert.That(_rig.Final(queue).Reports.Single().Outcome, Is.EqualTo(batchJobEnds ? Outcome.Preempted : Outcome.ExecutionFailed));
    }

    [Test]
    public void What_does_not_fit_into_the_time_left_is_left_for_others()
    {
        var spec = AgentRig.Job("/bin/true");
        _rig.Offer([spec with { Resources = new Resources(1, 1, 1, 1000) }]);
        var queue = _rig.Offer([spec with { Resources = new Resources(1, 1, 1, 100) }]);
        var deadline = DateTimeOffset.UtcNow.AddSeconds(500).ToUnixTimeSeconds();
        _rig.Start("--deadline", $"{deadline}");
        Assert.That(_rig.Final(queue).Reports.Single().Outcome, Is.EqualTo(Outcome.Succeeded));
        Assert.That(_rig.Bridge.ListPool().Items.Single().TtlSeconds, Is.EqualTo(1000));
    }

    [Test]
    public void A_job_that_may_use_its_slot_goes_on_beyond_its_TTL_and_ends_with_the_slot()
    {
        var spec = AgentRig.Job("/bin/sleep", "600");
        var queue = _rig.Offer([spec with { UsesWholeSlot = true, Resources = spec.Resources with { TtlSeconds = 1 } }]);
        var deadline = DateTimeOffset.UtcNow.AddSeconds(500).ToUnixTimeSeconds();
        _rig.Start("--deadline", $"{deadline}", "--stop-margin", "492", "--drain-margin", "492");
        var report = _rig.Final(queue).Reports.Single();
        Assert.That((report.Outcome, report.Payload!.Cause), Is.EqualTo((Outcome.LimitExceeded, PayloadCause.TimeLimit)));
        Assert.That(report.Reason, Is.EqualTo("it ran to the end of its slot"));
    }

    [Test]
    public void Before_the_deadline_it_drains_and_leaves()
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(500).ToUnixTimeSeconds();
        Assert.That(_rig.ExitCode(_rig.Start("--deadline", $"{deadline}", "--stop-margin", "1", "--drain-margin", "498.5")), Is.Zero);
    }

    [Test]
    public void Its_last_words_are_what_it_did()
    {
        var log = Path.Combine(_rig.Folder, "log");
        var queue = _rig.Offer([AgentRig.Shell("exit 0"), AgentRig.Shell("exit 1")]);
        var agent = _rig.Start("--log", log, "--cores", "2");
        _rig.Final(queue);
        _rig.Send(new Drain());
        Assert.That(_rig.ExitCode(agent), Is.Zero);
        var summary = File.ReadLines(log).Select(AgentSummary.Find).OfType<AgentSummary>().Single();
        Assert.That((summary.Agent, summary.Node, summary.Jobs, summary.Reason), Is.EqualTo((_rig.Agent, "node1", 2L, "the bridge's message")));
        Assert.That(summary.IdleCoreSeconds, Is.GreaterThan(0).And.LessThanOrEqualTo(summary.CoreSeconds));
    }

    [Test]
    public void A_fenced_agent_kills_its_children_and_goes()
    {
        var queue = _rig.Offer([AgentRig.Payload("stubborn")]);
        var agent = _rig.Start();
        _rig.Running(queue);
        Assert.That(_rig.Bridge.Agents.Fence(_rig.Agent), Is.EqualTo(Errno.None));
        Assert.That(_rig.ExitCode(agent), Is.EqualTo(4));
        Assert.That(_rig.PayloadProcesses(), Is.Empty);
        Assert.That(_rig.Bridge.Agents.FindPlaces(_rig.Agent).Items.Any(place => place.IsLive), Is.False, "it makes its directories again");
    }

    [Test]
    public void A_fenced_message_does_the_same()
    {
        var queue = _rig.Offer([AgentRig.Payload("stubborn")]);
        var agent = _rig.Start();
        _rig.Running(queue);
        _rig.Send(new Fenced());
        Assert.That(_rig.ExitCode(agent), Is.EqualTo(4));
        Assert.That(_rig.PayloadProcesses(), Is.Empty);
    }

    [Test]
    public void Without_leases_the_children_are_killed_and_nothing_is_started()
    {
        var queue = _rig.Offer([AgentRig.Payload("stubborn"), AgentRig.Payload("stubborn"), AgentRig.Shell("echo later")]);
        _rig.Start("--pace", "0.01");
        // On a busy machine the first lease of a tenth of its usual life would be over before anything has begun.
        Leased(() => _rig.Read(queue)?.Reports.Count(report => report.Stage == ReportStage.Running) == 2, "two jobs run");
        var version = _rig.Version(queue, version => version.Reports.Count(report => report.Outcome == Outcome.Preempted) == 2);
        Assert.That(version.Final, Is.False);
        Assert.That(_rig.PayloadProcesses(), Is.Empty);
        Leased(() => _rig.Read(queue)?.Final == true, "the third has run");
        Assert.That(_rig.Final(queue).Reports[2].StdoutTail, Is.EqualTo("later\n"));

        void Leased(Func<bool> holds, string what) => AgentRig.Wait(() =>
        {
            _rig.Lease();
            return holds();
        }, what);
    }

    [Test]
    public void A_damaged_queue_file_is_handed_back_whole()
    {
        var entry = new PoolEntry(new QueueName(9, 1), 1, 100, 60, 5);
        Assert.That(_rig.Bridge.Offer(entry, [.. "this is no queue file"u8]), Is.EqualTo(Errno.None));
        _rig.Start();
        Assert.That(_rig.Final(entry.Name).Reports, Is.Empty);
    }

    [Test]
    public void A_job_too_large_for_the_node_is_handed_back_and_others_run()
    {
        var queue = _rig.Offer([AgentRig.Job("/bin/true") with { Resources = new Resources(3, 1, 1, 60) }, AgentRig.Job("/bin/true")]);
        _rig.Start();
        Assert.That(_rig.Final(queue).Reports.Select(report => report.Outcome), Is.EqualTo(new Outcome?[] { Outcome.HandedBack, Outcome.Succeeded }));
    }

    [Test]
    public void Cores_are_not_given_twice()
    {
        var script = "mkdir ../busy || echo overlap; sleep 0.05; rmdir ../busy";
        var queue = _rig.Offer([.. Enumerable.Repeat(AgentRig.Shell(script) with { Resources = new Resources(2, 1, 1, 60) }, 5)]);
        _rig.Start();
        Assert.That(_rig.Final(queue).Reports.Select(report => report.StdoutTail), Is.All.Empty);
    }

    [Test]
    public void What_one_job_printed_is_not_behind_the_shorter_output_of_the_next_in_its_sandbox()
    {
        var whole = new Resources(2, 1, 1, 60);
        var queue = _rig.Offer([.. new[] { "echo a longer line; echo another >&2", "echo short; echo no >&2", "true" }.Select(script => AgentRig.Shell(script) with { Resources = whole })]);
        _rig.Start();
        var reports = _rig.Final(queue).Reports;
        Assert.That(reports.Select(report => (report.StdoutTail, report.StderrTail)), Is.EqualTo(new[] { ("a longer line\n", "another\n"), ("short\n", "no\n"), ("", "") }));
        Assert.That(reports.Select(report => report.Workdir).Distinct().Count(), Is.EqualTo(1));
    }

    private static JobSpec Counting(int i) =>
        AgentRig.Shell($"echo {i}; head -c 100000 /dev/zero > big") with { Outputs = [new OutputRule(null, ["big"], [])] };

    private static IEnumerable<(string, Func<Grant, Grant>)> BadGrants() =>
    [
        ("WrongSite", grant => grant with { Site = "Elsewhere" }),
        ("WrongAttempt", grant => grant with { Attempt = 2 }),
        ("WrongSpec", grant => grant with { SpecSha256 = new string('0', 64) }),
    ];

    private static void Signal(System.Diagnostics.Process process, int signal) => Signal(process.Id, signal);

    private static void Signal(int process, int signal) => Assert.That(HpcGrid.Agent.Processes.Libc.kill(process, signal), Is.Zero);
}
