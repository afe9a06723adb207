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
}
