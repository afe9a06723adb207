using System.CommandLine;
using HpcGrid.Central.Broker;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class QuotaTests : CentralTests
{
    [Test]
    public async Task A_submission_over_the_quota_is_refused_with_the_numbers_and_changes_nothing()
    {
        await Set(quota => quota with { MaxUnfinished = 12 });
        await Submit(Production(10));
        await Refused(ErrorCode.TooLarge, "3 more jobs would make 13 unfinished ones, 12 are allowed", () => Submit(Production(3)));
        await Submit(Production(2));
        var bridge = await TestBridge.Join(Central);
        foreach (var job in await bridge.Match(5)) await bridge.Finish(job.AttemptId);
        var state = await Jdoe.Call(new ReadQuota(null), default);
        Assert.That((state.Unfinished, state.Active, state.MaxUnfinished), Is.EqualTo((7, 0, (int?)12)));
        await Submit(Production(5));
        await Refused(ErrorCode.TooLarge, "quota", () => Submit(Echo));
        await Central.Client("mary").Call(new SubmitJob(Production(20), [], null), default);
    }

    [Test]
    public async Task Counts_of_jobs_follow_every_way_a_job_can_go()
    {
        await Submit(Production(6));
        var bridge = await TestBridge.Join(Central);
        var held = await bridge.Match(4);
        await bridge.Report(TestBridge.Running(held[0].AttemptId));
        await bridge.Finish(held[1].AttemptId);
        await bridge.Finish(held[2].AttemptId, JobState.ErrorE);
        await Jdoe.Call(new KillJobs([held[3].Job]), default);
        Assert.That(await Counts(), Is.EqualTo((3L, 1L)), "running, two waiting");
        Central.Clock.Advance(TimeSpan.FromSeconds(125));
        await Central.Host.Leases.Tick();
        Assert.That(await Counts(), Is.EqualTo((3L, 1L)), "a zombie is active");
        await Jdoe.Call(new ResubmitJobs([held[2].Job]), default);
        Assert.That(await Counts(), Is.EqualTo((4L, 1L)));
        await Jdoe.Call(new KillJobs([1]), default);
        Assert.That(await Counts(), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public async Task Who_has_used_up_the_day_has_their_jobs_held_and_shown_so_until_the_day_is_over()
    {
        await Set(quota => quota with { MaxCpuCost = 3 });
        var master = (await Submit(Production(4, "Price = 2;"))).Job;
        var bridge = await TestBridge.Join(Central);
        foreach (var job in await bridge.Match(2)) await bridge.Finish(job.AttemptId);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((await LineOf(master + 3)).State, Is.EqualTo("OVER_WAITING"));
            Assert.That((await LineOf(master + 3)).Reason, Does.Contain("4 of 3 CPU seconds"));
            Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 2, ["OVER_WAITING"] = 2 }));
            Assert.That((await Jdoe.Call(new ListJobs { Master = master, States = ["OVER_WAITING"] }, default)).Jobs.Select(line => line.Job), Is.EqualTo(new[] { master + 4, master + 3 }));
            Assert.That((await Jdoe.Call(new ListJobs { Master = master, States = ["WAITING"] }, default)).Jobs, Is.Empty);
            Assert.That((await bridge.Match(5), (await bridge.Renew()).Waiting), Is.EqualTo((Array.Empty<Assignment>(), 0)));
            Assert.That((await Jdoe.Call(new MatchSites(null, [], master + 3), default)).Sites.Single().Reason, Does.Contain("OVER_WAITING").And.Contain("4 of 3"));
            await Refused(ErrorCode.TooLarge, "4 of 3", () => Submit(Echo));
        });
        Central.Clock.Advance(TimeSpan.FromHours(25));
        Assert.That((await bridge.Match(5)).Count, Is.EqualTo(2));
    }

    [Test]
    public async Task Running_time_counts_too_and_a_raised_quota_lets_jobs_go_at_once()
    {
        await Set(quota => quota with { MaxRunningSeconds = 1 });
        await Submit(Production(2));
        var bridge = await TestBridge.Join(Central);
        await bridge.Finish((await bridge.Match(1))[0].AttemptId);
        Assert.That(await bridge.Match(1), Is.Empty);
        await Set(quota => quota with { MaxRunningSeconds = null });
        Assert.That((await bridge.Match(1)).Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Parallel_jobs_are_bounded()
    {
        await Set(quota => quota with { MaxParallel = 3 });
        await Submit(Production(10));
        var bridge = await TestBridge.Join(Central);
        var held = await bridge.Match(10);
        Assert.That((held.Count, (await bridge.Match(10)).Count, (await bridge.Renew()).Waiting), Is.EqualTo((3, 0, 0)));
        await bridge.Finish(held[0].AttemptId);
        Assert.That((await bridge.Match(10)).Count, Is.EqualTo(1));
    }

    [TestCase(0, 0)]
    [TestCase(5, 0)]
    [TestCase(30_000, 4)]
    public async Task Jobs_that_running_pilots_have_no_time_left_for_wait_for_new_ones(int fresh, int waiting)
    {
        await Submit(Production(4));
        var bridge = await TestBridge.Join(Central);
        bridge.Offer = bridge.Offer with { TtlSeconds = 10, FreshTtlSeconds = fresh };
        Assert.That(((await bridge.Match(4)).Count, (await bridge.Renew()).Waiting), Is.EqualTo((0, waiting)));
    }

    [Test]
    public async Task Ones_own_quota_is_for_oneself_and_admins()
    {
        await Set(quota => quota with { Priority = 2.5, NominalParallel = 10 });
        var own = await Jdoe.Call(new ReadQuota(null), default);
        Assert.That((own.User, own.Priority, own.ComputedPriority, own.MaxUnfinished, own.Over), Is.EqualTo(("jdoe", 2.5, 250, (int?)null, (string?)null)));
        await Refused(ErrorCode.Denied, "mary", () => Jdoe.Call(new ReadQuota("mary"), default));
        Assert.That((await Central.Client("admin").Call(new ReadQuota("jdoe"), default)).Priority, Is.EqualTo(2.5));
        await Refused(ErrorCode.NotFound, "nobody", () => Central.Client("admin").Call(new ReadQuota("nobody"), default));
        await Refused(ErrorCode.Invalid, "bridge", () => Central.Accounts.ChangeQuota("titan", quota => quota));
        await Refused(ErrorCode.Invalid, "priority", () => Set(quota => quota with { Priority = 0 }));
        await Refused(ErrorCode.Invalid, "negative", () => Set(quota => quota with { MaxUnfinished = -1 }));
    }

    [Test]
    public async Task The_command_changes_what_its_options_say_and_nothing_else()
    {
        var (name, home) = (new Argument<string>("name"), new Option<string>("--home"));
        Task<int> Run(params string[] options) =>
            HpcGrid.Central.QuotaCommand.Make(name, home).Parse(["jdoe", "--home", Central.Home.Path, .. options]).InvokeAsync();
        Assert.That(await Run("--priority", "2", "--max-unfinished", "7"), Is.Zero);
        Assert.That(await Run("--max-cpu-cost", "100"), Is.Zero);
        var state = await Jdoe.Call(new ReadQuota(null), default);
        Assert.That((state.Priority, state.MaxUnfinished, state.MaxCpuCost, state.MaxParallel), Is.EqualTo((2.0, (int?)7, (long?)100, (int?)null)));
        Assert.That(await Run("--max-unfinished", "none"), Is.Zero);
        Assert.That((await Jdoe.Call(new ReadQuota(null), default)).MaxUnfinished, Is.Null);
        foreach (var wrong in new[] { "-1", "many", "99999999999999999999" }) Assert.That(await Run("--max-parallel", wrong), Is.EqualTo(1), wrong);
    }

    [Test]
    public async Task The_time_a_job_may_wait_does_not_run_while_a_quota_holds_it()
    {
        var waits = (await Submit($"{Echo} MaxWaitingTime = 60; Requirements = other.Site == \"CERN\";")).Job;
        await Submit(Echo);
        var bridge = await TestBridge.Join(Central);
        await bridge.Finish((await bridge.Match(1))[0].AttemptId);
        await Set(quota => quota with { MaxRunningSeconds = 1 });
        for (var i = 0; i < 3; i++)
        {
            Central.Clock.Advance(TimeSpan.FromSeconds(50));
            await Central.Host.Waiting.Tick();
        }
        Assert.That(await StateOf(waits), Is.EqualTo("OVER_WAITING"));
        await Set(quota => quota with { MaxRunningSeconds = null });
        Central.Clock.Advance(TimeSpan.FromSeconds(50));
        await Central.Host.Waiting.Tick();
        Assert.That(await StateOf(waits), Is.EqualTo("WAITING"), "it begins anew");
        Central.Clock.Advance(TimeSpan.FromSeconds(20));
        await Central.Host.Waiting.Tick();
        Assert.That(await StateOf(waits), Is.EqualTo("ERROR_W"));
    }

    private Task<Quota> Set(Func<Quota, Quota> change) => Central.Accounts.ChangeQuota("jdoe", change);

    private async Task<(long Unfinished, long Active)> Counts()
    {
        var state = await Jdoe.Call(new ReadQuota(null), default);
        return (state.Unfinished, state.Active);
    }
}
