using HpcGrid.Central.Broker;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

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
            Assert.That(Grants.Check(job.Grant, job.AttemptId, TestBridge.Site, spec, keys, DateTimeOffset.UtcNow), Is.EqualTo(GrantFault.None));
            Assert.That(Grants.Check(job.Grant, new AttemptId(job.Job, 2), TestBridge.Site, spec, keys, DateTimeOffset.UtcNow), Is.EqualTo(GrantFault.WrongAttempt));
            Assert.That(Grants.Check(job.Grant, job.AttemptId, "CERN", spec, keys, DateTimeOffset.UtcNow), Is.EqualTo(GrantFault.WrongSite));
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
        var now = DateTimeOffset.UnixEpoch;
        Demand[] groups = [new(1, "ann", 0, now, 100), new(2, "bob", 0, now, 3), new(3, "ann", 5, now.AddHours(1), 2)];
        var shares = MatchRules.Share(groups, new Dictionary<string, int> { ["ann"] = 2 }, 10, long.MaxValue, _ => 1).ToDictionary(share => share.Group.Description, share => share.Number);
        Assert.That(shares, Is.EquivalentTo(new Dictionary<long, int> { [2] = 3, [3] = 2, [1] = 5 }));
    }

    [Test]
    public void An_answer_never_outgrows_its_frame()
    {
        var shares = MatchRules.Share([new Demand(1, "ann", 0, default, 100)], new Dictionary<string, int>(), 100, 1000, _ => 300);
        Assert.That(shares[0].Number, Is.EqualTo(4));
    }

    private static (long, int, string) Essence(Assignment job) => (job.Job, job.Attempt, job.Spec);
}
