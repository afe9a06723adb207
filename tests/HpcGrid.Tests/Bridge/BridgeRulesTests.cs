using HpcGrid.Bridge;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Bridge;

/// <summary>The bridge's decisions as tables.</summary>
public sealed class BridgeRulesTests
{
    [TestCase(0, 0, null, 0.0, ExpectedResult = 0, Description = "no cores, no work")]
    [TestCase(8, 0, null, 0.0, ExpectedResult = 16, Description = "nothing known: one running and one waiting on each core")]
    [TestCase(8, 16, null, 0.0, ExpectedResult = 0)]
    [TestCase(8, 15, null, 0.0, ExpectedResult = 0, Description = "not for one job of sixteen")]
    [TestCase(8, 12, null, 0.0, ExpectedResult = 4)]
    [TestCase(8, 0, 3600.0, 0.0, ExpectedResult = 16, Description = "long jobs are not hoarded")]
    [TestCase(8, 0, 1.0, 0.0, ExpectedResult = 40, Description = "what the cores work off within the horizon")]
    [TestCase(8, 0, 0.005, 0.0, ExpectedResult = 1024, Description = "short jobs, rate unknown: a harmless number")]
    [TestCase(8, 0, 0.005, 200.0, ExpectedResult = 1600, Description = "short jobs: what ends within twice the horizon")]
    [TestCase(8, 0, 0.005, 2000.0, ExpectedResult = 2000, Description = "one answer holds no more")]
    public int How_many_jobs_are_asked_for(int cores, int held, double? seconds, double rate) =>
        BridgeRules.HowManyToAsk(new StockView(cores, held, held, seconds, rate));

    [TestCase(0, 0, ExpectedResult = 1024)]
    [TestCase(1024, 0, ExpectedResult = 0)]
    [TestCase(1024, 1536, ExpectedResult = 576, Description = "a file with each of two agents and one more")]
    public int In_bulk_so_many_are_asked_for_that_files_can_be_filled(int held, long bulk) =>
        BridgeRules.HowManyToAsk(new StockView(64, held, held, 0.01, 0) { Bulk = bulk });

    [TestCase(4, 2, 0, 0, 0, 0, ExpectedResult = 0, Description = "no work, no pilots")]
    [TestCase(4, 2, 0, 1, 0, 0, ExpectedResult = 1)]
    [TestCase(4, 2, 0, 100, 0, 0, ExpectedResult = 4)]
    [TestCase(4, 2, 100, 0, 3, 3, ExpectedResult = 1, Description = "one that died is replaced")]
    [TestCase(4, 2, 100, 0, 3, 4, ExpectedResult = 0, Description = "a draining one still takes its place")]
    [TestCase(4, 2, 3, 0, 1, 1, ExpectedResult = 1, Description = "as many as the work can fill")]
    public int How_many_pilots_are_started(int nodes, int cores, int held, int waiting, int alive, int occupied) =>
        PilotRules.ToStart(new PilotView(nodes, 1, cores, held, waiting, alive, occupied));

    [TestCase(2, 1, 0, 1, ExpectedResult = 1, Description = "the place of a node to avoid is not filled")]
    [TestCase(2, 2, 0, 1, ExpectedResult = 1, Description = "a pilot of several nodes has good ones too")]
    [TestCase(5, 2, 0, 0, ExpectedResult = 2, Description = "no pilot of a node too many")]
    [TestCase(4, 2, 1, 0, ExpectedResult = 1, Description = "one alive and full, one more for what waits")]
    public int How_many_pilots_of_several_nodes_are_started(int nodes, int perPilot, int alive, int avoided) =>
        PilotRules.ToStart(new PilotView(nodes, perPilot, 2, 100, 0, alive, alive, Gangs: 0, avoided));

    [Test]
    public void A_job_over_several_nodes_without_a_place_gets_a_pilot_though_the_cores_would_do() =>
        Assert.That(PilotRules.ToStart(new PilotView(4, 2, 2, 2, 0, 1, 1, Gangs: 1)), Is.EqualTo(1));

    [Test]
    public void Pilots_that_die_young_are_replaced_more_and_more_slowly() =>
        Assert.That(Enumerable.Range(0, 8).Select(deaths => PilotRules.Pause(new PilotFortune(deaths, 0)).TotalSeconds), Is.EqualTo(new double[] { 0, 0, 0, 2, 4, 8, 16, 32 }));

    [Test]
    public void Every_outcome_is_decided([Values] Outcome outcome) => Assert.DoesNotThrow(() => BridgeRules.EndOf(outcome));

    [TestCase(Outcome.Succeeded, ExpectedResult = JobState.Done)]
    [TestCase(Outcome.ExecutionFailed, ExpectedResult = JobState.ErrorE)]
    [TestCase(Outcome.ValidationFailed, ExpectedResult = JobState.ErrorV)]
    [TestCase(Outcome.InputFailed, ExpectedResult = JobState.ErrorIB)]
    [TestCase(Outcome.OutputFailed, ExpectedResult = JobState.ErrorSV)]
    [TestCase(Outcome.Refused, ExpectedResult = JobState.ErrorVer)]
    [TestCase(Outcome.Preempted, ExpectedResult = null)]
    [TestCase(Outcome.HandedBack, ExpectedResult = null)]
    public JobState? An_outcome_leaves_the_attempt_in(Outcome outcome) => BridgeRules.EndOf(outcome);

    [Test]
    public void The_longest_time_left_is_offered_to_the_broker()
    {
        var now = DateTimeOffset.UnixEpoch;
        Assert.That(BridgeRules.LongestTtl([now.AddSeconds(100), now.AddSeconds(1000), now.AddSeconds(-5)], now, _ => TimeSpan.FromSeconds(60)), Is.EqualTo(940));
    }

    [Test]
    public void A_meter_forgets_old_ends_and_follows_durations()
    {
        var meter = new WorkMeter();
        for (var i = 0; i < 100; i++) meter.Ended(TimeSpan.FromSeconds(i * 0.1), 2);
        Assert.Multiple(() =>
        {
            Assert.That(meter.EndsPerSecond(TimeSpan.FromSeconds(10)), Is.EqualTo(10).Within(2));
            Assert.That(meter.EndsPerSecond(TimeSpan.FromSeconds(60)), Is.LessThan(0.1));
            Assert.That(meter.JobSeconds, Is.EqualTo(2).Within(0.01));
        });
    }
}
