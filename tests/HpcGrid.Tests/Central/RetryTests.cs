using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class RetryTests : CentralTests
{
    [Test]
    public async Task A_failure_of_the_grid_gets_a_new_attempt_up_to_the_limit_and_the_end_says_so()
    {
        var job = (await Submit($"{Echo} ShallowRetryCount = 2;")).Job;
        var bridge = await TestBridge.Join(Central);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await PausesPass();
            var id = (await bridge.Match(1))[0].AttemptId;
            Assert.That(id, Is.EqualTo(new AttemptId(job, attempt)));
            await bridge.Report(TestBridge.Started(id), FailedEarly(id, JobState.ErrorIB, "input x is away"));
        }
        var line = await LineOf(job);
        Assert.That((line.State, line.Reason), Is.EqualTo(("ERROR_IB", "input x is away; not tried again: the limit of 2 new attempts (ShallowRetryCount) is reached")));
        Assert.That((await Jdoe.Call(new TraceJob(job), default)).Events.Select(@event => @event.What).OfType<Opened>().Select(opened => opened.Reason),
            Is.EqualTo(new[] { "submitted", "retry 1 of 2 after ERROR_IB: input x is away", "retry 2 of 2 after ERROR_IB: input x is away" }));
    }

    [Test]
    public async Task What_the_program_did_is_final_unless_the_description_asks([Values] bool asked)
    {
        var job = (await Submit($"{Echo} {(asked ? "ResubmitType = \"all\"; RetryCount = 1;" : "RetryCount = 5;")}")).Job;
        var bridge = await TestBridge.Join(Central);
        await bridge.Finish((await bridge.Match(1))[0].AttemptId, JobState.ErrorE);
        Assert.That(await StateOf(job), Is.EqualTo(asked ? "WAITING" : "ERROR_E"));
        if (!asked) return;
        await bridge.Finish((await bridge.Match(1))[0].AttemptId, JobState.ErrorV);
        Assert.That((await LineOf(job)).Reason, Does.Contain("RetryCount"));
    }

    [Test]
    public async Task A_payload_that_could_not_be_started_is_tried_again_whatever_it_is()
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var id = (await bridge.Match(1))[0].AttemptId;
        await bridge.Report(TestBridge.Started(id), FailedEarly(id, JobState.ErrorE, "cannot start: no such file"));
        Assert.That(((await LineOf(job)).State, (await LineOf(job)).Attempt), Is.EqualTo(("WAITING", 2)));
    }

    [Test]
    public async Task A_resubmission_by_hand_counts_anew()
    {
        var job = (await Submit($"{Echo} ShallowRetryCount = 1;")).Job;
        var bridge = await TestBridge.Join(Central);
        for (var round = 0; round < 2; round++)
        {
            foreach (var _ in Enumerable.Range(0, 2))
            {
                await PausesPass();
                var id = (await bridge.Match(1))[0].AttemptId;
                await bridge.Report(FailedEarly(id, JobState.ErrorIB, "no token"));
            }
            Assert.That(await StateOf(job), Is.EqualTo("ERROR_IB"));
            await Jdoe.Call(new ResubmitJobs([job]), default);
        }
        Assert.That((await bridge.Match(1))[0].Attempt, Is.EqualTo(5));
    }

    [Test]
    public async Task Requeued_branches_of_one_attempt_cost_no_retry()
    {
        var job = (await Submit($"{Echo} RetryCount = 0; ShallowRetryCount = -1;")).Job;
        var bridge = await TestBridge.Join(Central);
        var id = (await bridge.Match(1))[0].AttemptId;
        await bridge.Report([.. Enumerable.Range(1, 20).Select(branch => TestBridge.Requeued(id, branch))]);
        await bridge.Report(TestBridge.Running(id, 20), TestBridge.Ended(id, JobState.Done));
        Assert.That(((await LineOf(job)).State, (await LineOf(job)).Attempt), Is.EqualTo(("DONE", 1)));
    }

    [Test]
    public async Task When_too_many_subjobs_failed_those_that_wait_are_killed_with_the_reason_and_those_that_run_may_end(
        [Values("MaxFailed = 2;", "MaxFailFraction = 0.2;", "MaxInitFailed = 2;")] string bound)
    {
        var master = (await Submit(Production(10, bound))).Job;
        var bridge = await TestBridge.Join(Central);
        var held = await bridge.Match(5);
        foreach (var assignment in held.Take(2)) await bridge.Finish(assignment.AttemptId, JobState.ErrorE);
        await Central.Host.Kills.GoOn();
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["ERROR_E"] = 2, ["ASSIGNED"] = 3, ["WAITING"] = 5 }));
        await bridge.Report(FailedEarly(held[2].AttemptId, JobState.ErrorV, "bad"));
        await Central.Host.Kills.GoOn();
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["ERROR_E"] = 2, ["ERROR_V"] = 1, ["ASSIGNED"] = 2, ["KILLED"] = 5 }));
        Assert.That((await LineOf(master + 10)).Reason, Does.Contain("3 ").And.Contain(bound.Split(' ')[0]));
        await bridge.Finish(held[3].AttemptId);
        await bridge.Report(FailedEarly(held[4].AttemptId, JobState.ErrorIB, "weather"));
        Assert.That((await LineOf(held[4].Job)).State, Is.EqualTo("ERROR_IB"), "no new attempt in a stopped production");
        Assert.That(await StateOf(master), Is.EqualTo("FAILED"));
        await Jdoe.Call(new ResubmitJobs([master]), default);
        await Central.Host.Kills.GoOn();
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 1, ["WAITING"] = 9 }));
    }

    [Test]
    public async Task MaxInitFailed_counts_only_before_the_first_success()
    {
        var master = (await Submit(Production(5, "MaxInitFailed = 1;"))).Job;
        var bridge = await TestBridge.Join(Central);
        var held = await bridge.Match(4);
        await bridge.Finish(held[0].AttemptId);
        foreach (var assignment in held.Skip(1)) await bridge.Finish(assignment.AttemptId, JobState.ErrorE);
        await Central.Host.Kills.GoOn();
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 1, ["ERROR_E"] = 3, ["WAITING"] = 1 }));
    }

    [Test]
    public async Task A_master_bounds_the_new_attempts_of_all_its_subjobs_together()
    {
        await Submit(Production(10, "MasterResubmitThreshold = \"20%\";"));
        var bridge = await TestBridge.Join(Central);
        foreach (var assignment in await bridge.Match(10)) await bridge.Finish(assignment.AttemptId, JobState.ErrorE);
        var children = (await LineOf(1)).Children;
        Assert.That(children, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 2, ["ERROR_E"] = 8 }));
        Assert.That((await LineOf(11)).Reason, Does.Contain("MasterResubmitThreshold"));
    }

    [Test]
    public async Task Jobs_that_nobody_takes_in_time_end_with_the_reason()
    {
        var master = (await Submit(Production(3, "MaxWaitingTime = 60; Requirements = other.Site == \"CERN\";"))).Job;
        var patient = (await Submit($"{Echo} Requirements = other.Site == \"CERN\";")).Job;
        Central.Clock.Advance(TimeSpan.FromSeconds(50));
        await Central.Host.Waiting.Tick();
        Assert.That(await StateOf(master + 1), Is.EqualTo("WAITING"));
        Central.Clock.Advance(TimeSpan.FromSeconds(20));
        await Central.Host.Waiting.Tick();
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["ERROR_W"] = 3 }));
        Assert.That(((await LineOf(master + 2)).Reason, await StateOf(patient)), Is.EqualTo(("no site took it within 60 s (MaxWaitingTime)", "WAITING")));
        await Jdoe.Call(new ResubmitJobs([master + 1]), default);
        await Central.Host.Waiting.Tick();
        Assert.That(await StateOf(master + 1), Is.EqualTo("WAITING"), "the time of a new attempt begins with it");
    }

    /// <summary>R-A22, R-A23 at central: however many ask and whatever the old holder still says, one attempt is given out once.</summary>
    [Test]
    public async Task Of_many_that_race_for_a_lost_job_exactly_one_gets_its_next_attempt([Range(1, 4)] int round)
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var old = (await bridge.Match(1))[0].AttemptId;
        await bridge.Report(TestBridge.Running(old));
        Central.Clock.Advance(TimeSpan.FromSeconds(3601));
        var race = Enumerable.Range(0, 64).Select(i => i % 8 == 0 ? Late(bridge, old) : Ask(bridge)).Append(Central.Host.Leases.Tick()).ToList();
        await Task.WhenAll(race);
        var given = race.OfType<Task<AttemptId[]>>().SelectMany(task => task.Result).Concat((await bridge.Match(1)).Select(one => one.AttemptId)).ToList();
        var line = await LineOf(job);
        if (line.State == "DONE") Assert.That((given, line.Attempt), Is.EqualTo((new List<AttemptId>(), 1)), $"round {round}: the old end came first");
        else Assert.That((given, line.State), Is.EqualTo((new List<AttemptId> { new(job, 2) }, "ASSIGNED")), $"round {round}");
    }

    [Test]
    public async Task A_second_new_attempt_waits_and_can_be_killed_and_outlives_a_restart_while_it_does()
    {
        var jobs = new[] { (await Submit(Echo)).Job, (await Submit($"{Echo} JobTag = \"x\";")).Job };
        var bridge = await TestBridge.Join(Central);
        for (var i = 0; i < 2; i++)
            foreach (var one in await bridge.Match(2)) await bridge.Report(FailedEarly(one.AttemptId, JobState.ErrorIB, "weather"));
        Assert.That((await StateOf(jobs[0]), await bridge.Match(2)), Is.EqualTo(("WAITING", Array.Empty<Assignment>())));
        Assert.That((await Jdoe.Call(new MatchSites(null, [], jobs[0]), default)).Sites[0].Reason, Does.StartWith("the job is tried again at"));
        await Jdoe.Call(new KillJobs([jobs[1]]), default);
        await Central.Restart();
        bridge = new TestBridge(Central, Central.Client("titan")) { Ledger = bridge.Ledger };
        await bridge.Hello();
        await PausesPass();
        Assert.That((await bridge.Match(2)).Select(one => one.AttemptId), Is.EqualTo(new[] { new AttemptId(jobs[0], 3) }));
    }

    private async Task PausesPass()
    {
        Central.Clock.Advance(HpcGrid.Core.Limits.LongestRetryPause);
        await Central.Host.Delays.Tick();
    }

    private static async Task<AttemptId[]> Ask(TestBridge bridge) => [.. (await bridge.Match(1)).Select(one => one.AttemptId)];

    private static Task Late(TestBridge bridge, AttemptId old) => bridge.Report(TestBridge.Ended(old, JobState.Done));

    private static JobEvent FailedEarly(AttemptId id, JobState state, string reason) =>
        new(id.Job, new EventKey(id.Attempt, 0, EventSource.Bridge, 3), DateTimeOffset.UnixEpoch, new Ended(state) { Reason = reason });
}
