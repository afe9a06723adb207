using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class LeaseTests : CentralTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(121);
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(3601);

    [Test]
    public async Task Jobs_of_a_silent_bridge_are_zombies_until_it_comes_back()
    {
        var (job, bridge, id) = await Held(Echo);
        await bridge.Report(TestBridge.Running(id));
        await Pass(Lease);
        Assert.That(await StateOf(job), Is.EqualTo("ZOMBIE"));
        await bridge.Renew();
        Assert.That(await StateOf(job), Is.EqualTo("RUNNING"));
        await bridge.Finish(id);
        Assert.That(await StateOf(job), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task When_a_bridge_is_silent_for_too_long_its_jobs_get_a_new_attempt()
    {
        var (job, bridge, id) = await Held(Echo);
        await Pass(GiveUp);
        Assert.That(((await LineOf(job)).State, (await LineOf(job)).Attempt), Is.EqualTo(("WAITING", 2)));
        Assert.That((await bridge.Renew()).Kill, Is.EqualTo(new[] { id }));
        Assert.That(await bridge.Report(TestBridge.Ended(id, JobState.Done)), Is.EqualTo(new[] { id }));
        Assert.That((await bridge.Match(1))[0].AttemptId, Is.EqualTo(new AttemptId(job, 2)));
    }

    [Test]
    public async Task A_job_that_must_not_run_twice_expires_instead()
    {
        var (job, _, _) = await Held($"{Echo} Repeatable = \"0\";");
        await Pass(GiveUp);
        Assert.That(await StateOf(job), Is.EqualTo("EXPIRED"));
        Assert.That((await LineOf(job)).Reason, Does.Contain("silent"));
    }

    [Test]
    public async Task A_job_that_is_lost_again_and_again_expires()
    {
        var (job, bridge, _) = await Held(Echo);
        for (var i = 0; i < HpcGrid.Core.Limits.DefaultRetries; i++)
        {
            await Pass(GiveUp);
            await Central.Host.Delays.Tick();
            Central.Clock.Advance(HpcGrid.Core.Limits.LongestRetryPause);
            await bridge.Renew();
            await Central.Host.Delays.Tick();
            await bridge.Match(1);
            await bridge.Renew();
        }
        await Pass(GiveUp);
        Assert.That(await StateOf(job), Is.EqualTo("EXPIRED"));
        Assert.That((await LineOf(job)).Reason, Does.Contain("silent").And.Contain("limit of 3 new attempts (ShallowRetryCount)"));
    }

    [Test]
    public async Task A_renewing_bridge_keeps_its_jobs_and_so_does_one_that_was_cut_off_by_centrals_own_absence()
    {
        var (job, bridge, _) = await Held(Echo);
        for (var i = 0; i < 5; i++)
        {
            await Pass(TimeSpan.FromSeconds(100));
            await bridge.Renew();
        }
        Central.Clock.Advance(GiveUp);
        await Central.Restart();
        await Central.Host.Leases.Tick();
        Assert.That(await StateOf(job), Is.EqualTo("ASSIGNED"));
    }

    [Test]
    public async Task What_only_a_lost_ledger_knew_is_taken_back()
    {
        var (job, bridge, _) = await Held(Production(3));
        var strict = (await Submit($"{Echo} Repeatable = \"0\";")).Job;
        await bridge.Match(10);
        bridge.Ledger = Guid.NewGuid();
        await bridge.Hello();
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((await LineOf(job)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 3 }));
            Assert.That(await StateOf(strict), Is.EqualTo("EXPIRED"));
            Assert.That((await bridge.Renew()).Kill, Is.Empty);
            Assert.That((await bridge.Match(10)).Select(one => one.Attempt), Is.EqualTo(new[] { 2, 2, 2 }));
        });
        await bridge.Hello();
        Assert.That((await LineOf(job)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["ASSIGNED"] = 3 }));
    }

    [Test]
    public async Task A_bridge_that_another_one_of_its_spool_has_followed_takes_nothing_from_it_and_gets_nothing()
    {
        var spool = Guid.NewGuid();
        var old = await TestBridge.Join(Central);
        old.Spool = new SpoolEpoch(spool, 3);
        await old.Hello();
        var follower = new TestBridge(Central, Central.Client("titan")) { Spool = new SpoolEpoch(spool, 4) };
        Assert.That((await follower.Hello()).Spool, Is.EqualTo(follower.Spool));
        var job = (await Submit(Echo)).Job;
        Assert.That((await Assert.ThrowsAsync<GridError>(() => old.Match(1)))!.Code, Is.EqualTo(ErrorCode.Conflict), "its follower would never hear of it");
        var id = (await follower.Match(1)).Single().AttemptId;

        Assert.That((await old.Hello()).Spool, Is.EqualTo(follower.Spool), "it woke up late");
        Assert.That((await LineOf(job)).Attempt, Is.EqualTo(1), "what its follower holds is not given out again");
        await follower.Finish(id);
        Assert.That(await StateOf(job), Is.EqualTo("DONE"));

        old.Spool = new SpoolEpoch(spool, 5);
        Assert.That((await old.Hello()).Spool, Is.EqualTo(old.Spool), "started again it is the newest");
    }

    [Test]
    public async Task What_was_given_after_a_copy_of_the_ledger_was_made_is_taken_back_when_that_copy_comes_back()
    {
        var (early, late) = ((await Submit(Echo)).Job, 0L);
        var bridge = await TestBridge.Join(Central);
        bridge.Matches = 0;
        await bridge.Match(10);
        late = (await Submit(Echo)).Job;
        await bridge.Match(10);
        await bridge.Hello();
        Assert.That((await StateOf(early), await StateOf(late)), Is.EqualTo(("ASSIGNED", "ASSIGNED")), "a new connection of the ledger as it is");
        bridge.Matches = 1;
        await bridge.Hello();
        Assert.That((await StateOf(early), await StateOf(late)), Is.EqualTo(("ASSIGNED", "WAITING")));
        Assert.That((await bridge.Match(10)).Select(one => one.AttemptId), Is.EqualTo(new[] { new AttemptId(late, 2) }));
    }

    [Test]
    public async Task What_a_bridge_gives_up_is_tried_again()
    {
        var (job, bridge, id) = await Held(Echo);
        await bridge.Report(TestBridge.EndedBecause(id, JobState.Expired, "no pilots any more"));
        Assert.That(((await LineOf(job)).State, (await LineOf(job)).Attempt, (await LineOf(job)).Reason), Is.EqualTo(("WAITING", 2, "retry 1 of 3 after EXPIRED: no pilots any more")));
    }

    private async Task<(long Job, TestBridge Bridge, AttemptId Id)> Held(string jdl)
    {
        var job = (await Submit(jdl)).Job;
        var bridge = await TestBridge.Join(Central);
        return (job, bridge, (await bridge.Match(10))[0].AttemptId);
    }

    private async Task Pass(TimeSpan time)
    {
        Central.Clock.Advance(time);
        await Central.Host.Leases.Tick();
    }
}
