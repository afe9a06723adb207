using HpcGrid.Central.Broker;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;
using HpcGrid.Tests.Core.Tokens;

namespace HpcGrid.Tests.Central;

internal sealed class MatchTests : CentralTests
{
    [Test]
    public async Task A_repeated_request_gets_the_same_jobs_and_specifications()
    {
        await Submit(Production(10));
        var bridge = await TestBridge.Join(Central);
        var request = Guid.NewGuid();
        var first = await bridge.Match(4, request);
        var again = await bridge.Match(4, request);
        var other = await bridge.Match(100);
        await Central.Restart();
        bridge = new TestBridge(Central, Central.Client("titan")) { Ledger = bridge.Ledger };
        await bridge.Hello();
        var afterRestart = await bridge.Match(4, request);
        Assert.Multiple(() =>
        {
            Assert.That(first.Select(job => job.Job), Is.EqualTo(new[] { 2L, 3L, 4L, 5L }));
            Assert.That(again.Select(Essence), Is.EqualTo(first.Select(Essence)));
            Assert.That(afterRestart.Select(Essence), Is.EqualTo(first.Select(Essence)));
            Assert.That(other.Select(job => job.Job), Is.EqualTo(new[] { 6L, 7L, 8L, 9L, 10L, 11L }));
        });
    }

    [Test]
    public async Task The_grant_permits_exactly_this_attempt_at_this_site()
    {
        await Submit(Echo);
        var bridge = await TestBridge.Join(Central);
        var job = (await bridge.Match(1))[0];
        using var keys = new VerificationKeys((await bridge.Hello()).Keys);
        var spec = System.Text.Encoding.UTF8.GetBytes(job.Spec);
        Assert.Multiple(() =>
        {
            Assert.That(GrantCheck.Of(job.Grant, job.AttemptId, TestBridge.Site, spec, keys, DateTimeOffset.UtcNow), Is.EqualTo(GrantFault.None));
            Assert.That(GrantCheck.Of(job.Grant, new AttemptId(job.Job, 2), TestBridge.Site, spec, keys, DateTimeOffset.UtcNow), Is.EqualTo(GrantFault.WrongAttempt));
            Assert.That(GrantCheck.Of(job.Grant, job.AttemptId, "CERN", spec, keys, DateTimeOffset.UtcNow), Is.EqualTo(GrantFault.WrongSite));
            Assert.That(TestBridge.SpecOf(job).Argv, Is.EqualTo(new[] { "/bin/echo", "hello" }));
        });
    }

    [Test]
    public async Task Jobs_that_do_not_fit_or_whose_requirements_are_not_met_wait()
    {
        await Submit($"{Echo} CPUCores = 64;");
        await Submit($"{Echo} Requirements = other.Site == \"CERN\";");
        await Submit($"{Echo} TTL = 100000;");
        var fits = await Submit(Echo);
        var bridge = await TestBridge.Join(Central);
        Assert.That((await bridge.Match(10)).Select(job => job.Job), Is.EqualTo(new[] { fits.Job }));
        Assert.That((await bridge.Renew()).Waiting, Is.Zero);
    }

    [Test]
    public async Task Without_hello_nothing_is_given()
    {
        await Submit(Echo);
        await Refused(ErrorCode.Conflict, "introduced", () => new TestBridge(Central, Central.Client("titan")).Match(1));
    }

    [Test]
    public async Task Bridges_hear_of_new_jobs()
    {
        var heard = new TaskCompletionSource<Push>();
        var bridge = await TestBridge.Join(Central);
        bridge.Client.Pushed += push => heard.TrySetResult(push);
        await Submit(Production(7));
        Assert.That(await heard.Task.WaitAsync(TimeSpan.FromSeconds(20)), Is.EqualTo(new WorkWaiting(7)));
    }

    [Test]
    public async Task Nodes_are_shown_as_their_bridge_told()
    {
        var bridge = await TestBridge.Join(Central);
        await bridge.Renew();
        var nodes = await Jdoe.Call(new ListNodes(), default);
        Assert.That((nodes.Bridges[0].Bridge, nodes.Bridges[0].Site, nodes.Bridges[0].Nodes[0].Node), Is.EqualTo(("titan", "ORNL", "node1")));
    }

    [Test]
    public void Slots_are_shared_between_users_by_what_they_have_running()
    {
        Demand[] groups = [new(1, "ann", 0, Noon, 100), new(2, "bob", 0, Noon, 3), new(3, "ann", 5, Noon.AddHours(1), 2)];
        Assert.That(Shares(groups, 10, owner => Standing(active: owner == "ann" ? 2 : 0)), Is.EquivalentTo(new Dictionary<long, int> { [2] = 3, [3] = 2, [1] = 5 }));
    }

    [Test]
    public void An_answer_never_outgrows_its_frame()
    {
        var shares = MatchRules.Share([new Demand(1, "ann", 0, default, 100)], _ => Standing(), 100, 1000, _ => 300);
        Assert.That(shares[0].Number, Is.EqualTo(4));
    }

    [TestCase(1, 1.0, 1.0, 50)]
    [TestCase(2, 1.0, 1.0, 67, Description = "priority weighs")]
    [TestCase(1, 2.0, 1.0, 67, Description = "so does the price")]
    [TestCase(1, 1.0, 4.0, 20)]
    public void Slots_follow_priority_times_price(double priorityOfAnn, double priceOfAnn, double priceOfBob, int slotsOfAnn)
    {
        Demand[] groups = [new(1, "ann", 0, Noon, 1000, priceOfAnn), new(2, "bob", 0, Noon, 1000, priceOfBob)];
        // Both far from idle, as on a full grid: then effective priorities meet where (1 - a/n) pa = (1 - b/n) pb.
        var shares = Shares(groups, 100, owner => Standing(priority: owner == "ann" ? priorityOfAnn : 1, nominal: 100));
        Assert.That(shares.GetValueOrDefault(1), Is.EqualTo(slotsOfAnn).Within(1));
    }

    [Test]
    public void Nobody_gets_more_than_their_parallel_jobs_and_who_is_over_a_quota_gets_none()
    {
        Demand[] groups = [new(1, "ann", 0, Noon, 100), new(2, "bob", 0, Noon, 100), new(3, "eve", 0, Noon, 100)];
        var shares = Shares(groups, 50, owner => owner switch
        {
            "ann" => Standing(active: 3) with { Quota = Quota.Default with { MaxParallel = 10 } },
            "bob" => Standing() with { Quota = Quota.Default with { MaxCpuCost = 100 }, Usage = new OwnerUsage(100, 0) },
            _ => Standing(),
        });
        Assert.That(shares, Is.EquivalentTo(new Dictionary<long, int> { [1] = 7, [3] = 43 }));
    }

    /// <summary>R-A11.</summary>
    [Test]
    public void Equal_jobs_cost_one_evaluation_however_many_they_are()
    {
        var asked = new List<long>();
        Demand[] groups = [new(1, "ann", 0, Noon, 10_000), new(2, "ann", 0, Noon, 10_000), new(3, "bob", 0, Noon, 10_000)];
        MatchRules.Share(groups, _ => Standing(), 15_000, long.MaxValue, group => { asked.Add(group.Description); return group.Description == 1 ? null : 1; });
        Assert.That(asked, Is.EquivalentTo(new[] { 1L, 2, 3 }));
    }

    [Test]
    public void A_computed_priority_falls_with_what_runs_and_is_never_negative() => Assert.Multiple(() =>
    {
        var quota = Quota.Default with { Priority = 0.5, NominalParallel = 200 };
        Assert.That(QuotaRules.ComputedPriority(quota, 0), Is.EqualTo(50));
        Assert.That(QuotaRules.ComputedPriority(quota, 100), Is.EqualTo(25));
        Assert.That(QuotaRules.ComputedPriority(quota, 1000), Is.Zero);
    });

    [TestCase(1, new double[] { }, null, false, Description = "no other site is hungry")]
    [TestCase(1, new double[] { 0, 1 }, null, false, Description = "nobody is strictly better")]
    [TestCase(1, new double[] { 2 }, null, true)]
    [TestCase(1, new double[] { 2 }, 29, true)]
    [TestCase(1, new double[] { 2 }, 30, false, Description = "it has waited long enough")]
    public void A_job_is_kept_for_a_better_hungry_site_for_a_bounded_time(double here, double[] elsewhere, int? keptSeconds, bool kept) =>
        Assert.That(RankRules.Keeps(here, elsewhere, keptSeconds is { } seconds ? Noon.AddSeconds(-seconds) : null, Noon), Is.EqualTo(kept));

    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static Dictionary<long, int> Shares(Demand[] groups, int slots, Func<string, OwnerStanding> standing) =>
        MatchRules.Share(groups, standing, slots, long.MaxValue, _ => 1).ToDictionary(share => share.Group.Description, share => share.Number);

    private static OwnerStanding Standing(long active = 0, double priority = 1, int nominal = 1000) =>
        new(Quota.Default with { Priority = priority, NominalParallel = nominal }, new HpcGrid.Central.Events.OwnerLoad(active, active), new OwnerUsage(0, 0));

    private static (long, int, string) Essence(Assignment job) => (job.Job, job.Attempt, job.Spec);
}
