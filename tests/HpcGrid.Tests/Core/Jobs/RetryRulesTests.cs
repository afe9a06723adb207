using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jobs;

public sealed class RetryRulesTests
{
    [Test]
    public void Every_failed_end_is_decided([Values] JobState state, [Values] bool started)
    {
        var isTheGrids = state is JobState.ErrorA or JobState.ErrorIB or JobState.ErrorS or JobState.ErrorRE or JobState.Expired;
        var neverStarted = !started && state is JobState.ErrorE or JobState.ErrorEW && !started;
        Assert.That(Decide(state, started) is RetryDecision.Again, Is.EqualTo(isTheGrids || neverStarted));
    }

    [Test]
    public void A_failure_before_the_payload_started_counts_shallow_only_and_one_after_it_deep_only() => Assert.Multiple(() =>
    {
        Assert.That(Decide(JobState.ErrorIB, false, tries: new Tries(1, 2)), Is.EqualTo(new RetryDecision.Again(new Tries(2, 2), "retry 2 of 3")));
        Assert.That(Decide(JobState.Expired, true, tries: new Tries(1, 2)), Is.EqualTo(new RetryDecision.Again(new Tries(1, 3), "retry 3 of 3")));
    });

    [TestCase(null, 3)]
    [TestCase(0, 0)]
    [TestCase(-1, 0)]
    [TestCase(5, 5)]
    [TestCase(1000, 10)]
    public void The_effective_limit_is_the_smaller_of_jobs_and_systems_and_never_negative(int? job, int limit)
    {
        var policy = new RetryPolicy { Shallow = job };
        Assert.Multiple(() =>
        {
            if (limit > 0) Assert.That(Decide(JobState.ErrorIB, false, policy, new Tries(limit - 1, 0)), Is.InstanceOf<RetryDecision.Again>());
            Assert.That(Decide(JobState.ErrorIB, false, policy, new Tries(limit, 0)) is RetryDecision.GiveUp { Why: { } why } && why.Contains("ShallowRetryCount", StringComparison.Ordinal));
            Assert.That(Decide(JobState.ErrorIB, true, policy, new Tries(limit, 0)), Is.InstanceOf<RetryDecision.Again>(), "the other count is not touched");
        });
    }

    [Test]
    public void What_the_users_program_did_is_tried_again_only_when_asked(
        [Values(JobState.ErrorE, JobState.ErrorV, JobState.ErrorSV)] JobState state, [Values("none", "system", "all", "own")] string type)
    {
        var policy = type switch
        {
            "none" => Policy(""),
            "own" => Policy("ResubmitType = {\"ERROR_V\", \"error_sv\"};"),
            _ => Policy($"ResubmitType = \"{type}\";"),
        };
        var asked = type == "all" || (type == "system" && state != JobState.ErrorV) || (type == "own" && state != JobState.ErrorE);
        Assert.That(Decide(state, true, policy) is RetryDecision.Again, Is.EqualTo(asked));
    }

    [TestCase(1, 0)]
    [TestCase(2, 10)]
    [TestCase(3, 20)]
    [TestCase(7, 300)]
    [TestCase(1000, 300)]
    public void Later_attempts_wait_ever_longer(int retry, int seconds) =>
        Assert.That(RetryRules.PauseBefore(new Tries(retry - 1, 1)), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [Test]
    public void Who_says_how_often_means_AliEns_system_failures()
    {
        var policy = Policy("MaxResubmissionCount = 2;");
        Assert.Multiple(() =>
        {
            Assert.That(Decide(JobState.ErrorE, true, policy, new Tries(0, 1)), Is.EqualTo(new RetryDecision.Again(new Tries(0, 2), "retry 2 of 2")));
            Assert.That(Decide(JobState.ErrorE, true, policy, new Tries(0, 2)), Is.InstanceOf<RetryDecision.GiveUp>());
            Assert.That(Decide(JobState.ErrorE, true, policy, new Tries(2, 0)) is RetryDecision.GiveUp { Why: { } why } && why.Contains("MaxResubmissionCount", StringComparison.Ordinal));
            Assert.That(Decide(JobState.ErrorV, true, policy), Is.EqualTo(new RetryDecision.GiveUp(null)));
        });
    }

    [Test]
    public void What_must_not_run_twice_is_tried_again_only_when_nothing_of_it_ran([Values] bool started, [Values] bool confirmed)
    {
        var decision = RetryRules.Decide(new FailedAttempt(JobState.Expired, started, default, confirmed), RetryPolicy.Default, repeatable: false);
        Assert.That(decision is RetryDecision.Again, Is.EqualTo(confirmed && !started));
    }

    [TestCase("MaxFailed = 10;", 100, 10)]
    [TestCase("MaxFailed = \"10\";", 100, 10)]
    [TestCase("MaxFailed = \"10%\";", 50, 5)]
    [TestCase("MaxFailFraction = 0.1;", 1000, 100)]
    [TestCase("MaxFailFraction = \"30%\";", 10, 3)]
    [TestCase("MaxFailFraction = 1;", 10, 10)]
    public void A_bound_of_failures_is_a_number_or_a_part_of_all(string jdl, int all, int failures) =>
        Assert.That(Policy(jdl).MostFailed!.Of(all), Is.EqualTo(failures));

    [TestCase("MaxFailed = -1;")]
    [TestCase("MaxFailed = \"many\";")]
    [TestCase("MaxFailed = 9999999999999;")]
    [TestCase("MaxFailFraction = 1.5;")]
    [TestCase("MaxFailFraction = \"120%\";")]
    [TestCase("MasterResubmitThreshold = {};")]
    [TestCase("RetryCount = -1;")]
    [TestCase("ShallowRetryCount = -2;")]
    [TestCase("ShallowRetryCount = 9223372036854775807;")]
    [TestCase("MaxResubmissionCount = \"x\";")]
    [TestCase("ResubmitType = \"sometimes\";")]
    [TestCase("ResubmitType = \"DONE\";")]
    [TestCase("ResubmitType = \"KILLED\";")]
    [TestCase("MaxWaitingTime = 0;")]
    public void A_wrong_bound_is_told_with_its_key(string jdl)
    {
        var error = Assert.Throws<GridError>(() => Policy(jdl));
        Assert.That((error?.Code, error?.Message.Contains(jdl.Split(' ')[0], StringComparison.Ordinal), error?.Hint is not null), Is.EqualTo((ErrorCode.Invalid, true, true)), error?.Message);
    }

    private static RetryDecision Decide(JobState state, bool started, RetryPolicy? policy = null, Tries tries = default) =>
        RetryRules.Decide(new FailedAttempt(state, started, tries, Confirmed: true), policy ?? RetryPolicy.Default, repeatable: true);

    private static RetryPolicy Policy(string jdl) => JobDescription.Read($"Command = {{\"/bin/true\"}}; {jdl}", []).Retries;
}
