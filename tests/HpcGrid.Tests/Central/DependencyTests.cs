using HpcGrid.Central.Broker;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class DependencyTests : CentralTests
{
    [Test]
    public async Task A_node_waits_for_those_of_its_predecessors_that_are_not_done()
    {
        foreach (var _ in Enumerable.Range(0, 4)) await Submit(Echo);
        await Central.Database.Write(session =>
        {
            foreach (var after in new[] { 2L, 1, 2 }) DependencyTable.Insert(session, 3, after);
            DependencyTable.Insert(session, 4, 2);
            return true;
        });
        Assert.That(Central.Database.Read(session => (DependencyTable.WaitingFor(session, 3), DependencyTable.Dependants(session, 2))),
            Is.EqualTo((new[] { 1L, 2 }, new[] { 3L, 4 })));
        var bridge = await TestBridge.Join(Central);
        var taken = await bridge.Match(2);
        await bridge.Finish(taken[0].AttemptId);
        await bridge.Finish(taken[1].AttemptId, JobState.ErrorE);
        Assert.That(Central.Database.Read(session => (DependencyTable.WaitingFor(session, 3), DependencyTable.Predecessors(session, 3))),
            Is.EqualTo((new[] { 2L }, new[] { 1L, 2 })));
    }

    [Test]
    public async Task A_node_is_offered_in_the_transaction_in_which_the_last_node_before_it_is_done()
    {
        var bridge = await Diamond();
        var first = (await bridge.Match(10)).Single().AttemptId;
        await bridge.Finish(first);
        var middle = await bridge.Match(10);
        Assert.That(middle.Select(one => one.Job), Is.EqualTo(new[] { 3L, 4 }));
        await bridge.Finish(middle[0].AttemptId);
        Assert.That(await bridge.Match(10), Is.Empty);
        await bridge.Finish(middle[1].AttemptId);
        await bridge.Finish((await bridge.Match(10)).Single().AttemptId);
        Assert.That(await StateOf(1), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task A_failed_node_ends_all_behind_it_with_its_name_and_its_resubmission_opens_them_again()
    {
        var bridge = await Diamond();
        await bridge.Finish((await bridge.Match(10)).Single().AttemptId, JobState.ErrorE);
        Assert.That((await LineOf(1)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["ERROR_E"] = 1, ["ERROR_A"] = 3 }));
        foreach (var job in new[] { 3, 4, 5 }) Assert.That((await LineOf(job)).Reason, Is.EqualTo("job 2 before it ended ERROR_E"));
        Assert.That(await StateOf(1), Is.EqualTo("FAILED"));
        await Jdoe.Call(new HpcGrid.Core.Api.ResubmitJobs([2]), default);
        Assert.That((await LineOf(1)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 4 }));
        Assert.That(await StateOf(1), Is.EqualTo("SPLIT"));
        for (var left = 4; left > 0;)
            foreach (var one in await bridge.Match(10))
            {
                await bridge.Finish(one.AttemptId);
                left--;
            }
        Assert.That(await StateOf(1), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task Resubmitting_the_failed_nodes_of_a_master_offers_only_those_that_nothing_holds()
    {
        var bridge = await Diamond();
        await bridge.Finish((await bridge.Match(10)).Single().AttemptId, JobState.ErrorE);
        await Jdoe.Call(new HpcGrid.Core.Api.ResubmitJobs([1]), default);
        Assert.That((await LineOf(1)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 4 }));
        Assert.That((await bridge.Match(10)).Select(one => one.Job), Is.EqualTo(new[] { 2L }));
    }

    [Test]
    public async Task A_node_that_was_offered_already_does_not_end_when_one_before_it_runs_again_and_fails()
    {
        var bridge = await Diamond();
        await bridge.Finish((await bridge.Match(10)).Single().AttemptId);
        await Jdoe.Call(new HpcGrid.Core.Api.ResubmitJobs([2]), default);
        var again = (await bridge.Match(1)).Single();
        Assert.That(again.AttemptId, Is.EqualTo(new AttemptId(2, 2)));
        await bridge.Finish(again.AttemptId, JobState.ErrorE);
        Assert.That((await LineOf(1)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["ERROR_E"] = 1, ["WAITING"] = 3 }));
        var middle = await bridge.Match(10);
        Assert.That(middle.Select(one => one.Job), Is.EqualTo(new[] { 3L, 4 }));
        foreach (var one in middle) await bridge.Finish(one.AttemptId);
        Assert.That((await bridge.Match(10)).Single().Job, Is.EqualTo(5));
    }

    [Test]
    public async Task A_retried_node_holds_those_behind_it_and_a_killed_master_ends_them()
    {
        var bridge = await Diamond();
        var id = (await bridge.Match(10)).Single().AttemptId;
        await bridge.Report(TestBridge.EndedBecause(id, JobState.ErrorIB, "weather"));
        Assert.That((await LineOf(1)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 4 }));
        Assert.That((await bridge.Match(10)).Select(one => one.AttemptId), Is.EqualTo(new[] { new AttemptId(2, 2) }));
        await Jdoe.Call(new HpcGrid.Core.Api.KillJobs([1]), default);
        Assert.That((await LineOf(1)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["KILLED"] = 4 }));
    }

    /// <summary>Master 1 with node 2, then 3 and 4, then 5.</summary>
    private async Task<TestBridge> Diamond()
    {
        await Submit(Production(4));
        await Central.Database.Write(session =>
        {
            foreach (var (job, after) in new[] { (3L, 2L), (4, 2), (5, 3), (5, 4) }) DependencyTable.Insert(session, job, after);
            foreach (var job in new[] { 3L, 4, 5 }) WaitingTable.Remove(session, HpcGrid.Central.Events.JobTable.Find(session, job)!.Description, job);
            return true;
        });
        return await TestBridge.Join(Central);
    }
}
