using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class JobSearchTests : CentralTests
{
    [Test]
    public async Task Jobs_are_found_by_name_and_tag()
    {
        await Submit(Echo);
        await Submit("Command = {\"/bin/sleep\", \"1\"}; JobTag = {\"pass 2\", \"year 2026\"};");
        await Submit("Command = {\"/bin/sleep\", \"2\"}; JobTag = {\"pass 3\"};");
        Assert.That(await Numbers(new ListJobs { Name = "sl*" }), Is.EqualTo(new[] { 3L, 2L }));
        Assert.That(await Numbers(new ListJobs { Tag = "year*" }), Is.EqualTo(new[] { 2L }));
        Assert.That(await Numbers(new ListJobs { Tag = "pass ?", Name = "echo" }), Is.Empty);
    }

    [Test]
    public async Task Subjobs_are_found_by_state_node_and_site_across_masters()
    {
        await Submit(Production(3));
        await Submit(Production(3));
        var bridge = await TestBridge.Join(Central);
        var taken = await bridge.Match(4);
        await bridge.Report(TestBridge.Started(taken[0].AttemptId), TestBridge.Started(taken[3].AttemptId), TestBridge.Running(taken[3].AttemptId));
        Assert.That(await Numbers(new ListJobs { Subjobs = true, Node = "node?" }), Is.EqualTo(new[] { taken[3].Job, taken[0].Job }));
        Assert.That(await Numbers(new ListJobs { Subjobs = true, States = ["RUNNING"] }), Is.EqualTo(new[] { taken[3].Job }));
        Assert.That(await Numbers(new ListJobs { Subjobs = true, Site = "ORNL", States = ["ASSIGNED"] }), Is.EquivalentTo(new[] { taken[1].Job, taken[2].Job }));
        Assert.That(await Numbers(new ListJobs { Master = taken[3].Job > 4 ? 5 : 1, Node = "node1" }), Is.EqualTo(new[] { taken[3].Job }));
        Assert.That(await Numbers(new ListJobs { Node = "node1" }), Is.Empty, "a master runs nowhere");
        Assert.That(await Numbers(new ListJobs { Subjobs = true, Site = "CERN" }), Is.Empty);
    }

    [Test]
    public async Task Jobs_are_found_by_the_time_of_their_submission()
    {
        await Submit(Echo);
        Central.Clock.Advance(TimeSpan.FromHours(2));
        await Submit(Echo);
        Assert.That(await Numbers(new ListJobs { Since = Central.Clock.GetUtcNow().AddHours(-1) }), Is.EqualTo(new[] { 2L }));
        Assert.That(await Numbers(new ListJobs { Since = Central.Clock.GetUtcNow().AddHours(-3) }), Is.EqualTo(new[] { 2L, 1L }));
        Assert.That(await Numbers(new ListJobs { Jobs = [1, 2], Since = Central.Clock.GetUtcNow().AddHours(-1) }), Is.EqualTo(new[] { 2L }));
    }

    [Test]
    public async Task Others_jobs_are_for_admins_alone()
    {
        await Submit(Echo);
        await Refused(ErrorCode.Denied, "jdoe", () => Central.Client("mary").Call(new ListJobs { User = "jdoe" }, default));
        await Refused(ErrorCode.Denied, "everybody", () => Central.Client("mary").Call(new ListJobs { AllUsers = true, Subjobs = true }, default));
        Assert.That((await Central.Client("mary").Call(new ListJobs { Subjobs = true }, default)).Jobs, Is.Empty);
        Assert.That((await Central.Client("admin").Call(new ListJobs { User = "jdoe" }, default)).Jobs, Has.Count.EqualTo(1));
        Assert.That((await Central.Client("admin").Call(new ListJobs { User = "mary" }, default)).Jobs, Is.Empty);
    }

    [Test]
    public async Task Pages_of_any_size_join_without_a_gap_or_a_repetition([Values(1, 7, 30)] int limit)
    {
        await Submit(Production(30));
        await Submit(Echo);
        await Jdoe.Call(new KillJobs([.. Enumerable.Range(2, 30).Where(job => job % 3 == 0).Select(job => (long)job)]), default);
        foreach (var wanted in new[] { new ListJobs { Master = 1 }, new ListJobs { Subjobs = true, States = ["WAITING"] }, new ListJobs { Master = 1, States = ["KILLED"] } })
        {
            var all = await Numbers(wanted with { Limit = 1000 });
            Assert.That(all, Is.Not.Empty);
            var paged = new List<long>();
            for (long? before = long.MaxValue; before is not null;)
            {
                var page = await Jdoe.Call(wanted with { Before = before, Limit = limit }, default);
                paged.AddRange(page.Jobs.Select(line => line.Job));
                Assert.That(page.More, Is.EqualTo(page.Next is not null));
                before = page.Next;
            }
            Assert.That(paged, Is.EqualTo(all));
        }
    }

    [Test]
    public async Task A_rare_state_in_a_large_production_is_found_over_several_steps()
    {
        const int Many = 120_000;
        await Submit(Production(Many));
        await Jdoe.Call(new KillJobs([2]), default);
        Assert.That(await Numbers(new ListJobs { Master = 1, States = ["KILLED"] }), Is.EqualTo(new[] { 2L }));
        Assert.That(await Numbers(new ListJobs { Subjobs = true, States = ["KILLED", "DONE"] }), Is.EqualTo(new[] { 2L }));
        Assert.That(await Numbers(new ListJobs { Master = 1, States = [JobState.Done.Text()] }), Is.Empty);
    }

    [Test]
    public async Task Outputs_of_a_production_come_in_pages_that_join([Values(1, 2, 100)] int limit)
    {
        var master = (await Submit($"{Echo} Split = \"production:1-3\"; OutputDir = \"out/#alien_counter#\"; OutputFile = {{\"a\", \"b\"}};")).Job;
        var bridge = await TestBridge.Join(Central);
        foreach (var taken in await bridge.Match(3))
            await bridge.Report(TestBridge.Started(taken.AttemptId), TestBridge.Running(taken.AttemptId), TestBridge.Saving(taken.AttemptId),
                TestBridge.Ended(taken.AttemptId, JobState.Done, await bridge.Upload(taken, "a", [1]), await bridge.Upload(taken, "b", [2])));
        var found = new List<string>();
        string? after = null;
        do
        {
            var page = await Jdoe.Call(new ListOutputs(master) { After = after, Limit = limit }, default);
            found.AddRange(page.Entries.Select(entry => entry.Path[(TestCentral.Jdoe.Length + 1)..]));
            after = page.Next;
        }
        while (after is not null);
        Assert.That(found, Is.EqualTo(new[] { "out/1/a", "out/1/b", "out/2/a", "out/2/b", "out/3/a", "out/3/b" }));
        Assert.That((await Jdoe.Call(new ListOutputs(master + 2), default)).Entries.Select(entry => entry.Job), Is.EqualTo(new long?[] { master + 2, master + 2 }));
        await Refused(ErrorCode.NotFound, "no job", () => Central.Client("mary").Call(new ListOutputs(master), default));
    }

    private async Task<List<long>> Numbers(ListJobs wanted) => [.. (await Jdoe.Call(wanted, default)).Jobs.Select(line => line.Job)];
}
