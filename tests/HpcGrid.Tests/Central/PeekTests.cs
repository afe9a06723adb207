using HpcGrid.Central.Broker;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class PeekTests : CentralTests
{
    [Test]
    public async Task A_look_goes_to_the_bridge_that_holds_the_job_and_comes_back_to_its_asker()
    {
        var (bridge, id) = await RunOne();
        var pushed = new TaskCompletionSource<PeekOrder>();
        bridge.Client.Pushed += push => { if (push is PeekNow peek) pushed.TrySetResult(peek.Orders[0]); };
        var asking = Jdoe.Call(new PeekJob(id.Job, PeekKind.File, "stdout", 5), default);
        var order = await pushed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That((order.Attempt, order.Kind, order.Path, order.Offset), Is.EqualTo((id, PeekKind.File, "stdout", 5L)));
        Assert.That((await bridge.Renew()).Peeks, Is.EqualTo(new[] { order }), "a renewal repeats it");
        await bridge.Client.Call(new AnswerPeek(order.Id, new Peeked { Job = id.Job, Attempt = 1, Bytes = [7], Offset = 5, Size = 6 }, null), default);
        Assert.That((await asking).Bytes, Is.EqualTo(new byte[] { 7 }));
        Assert.That((await bridge.Renew()).Peeks, Is.Empty);
    }

    [Test]
    public async Task What_the_node_says_is_wrong_reaches_the_asker()
    {
        var (bridge, id) = await RunOne();
        var asking = Jdoe.Call(new PeekJob(id.Job, PeekKind.File, "nothing", 0), default);
        await bridge.Client.Call(new AnswerPeek((await Open(bridge)).Id, null, new ApiError(ErrorCode.NotFound, "there is no file 'nothing'", "look")), default);
        await Refused(ErrorCode.NotFound, "there is no file", () => asking);
    }

    [Test]
    public async Task A_node_that_does_not_answer_is_unavailable_after_a_bounded_time()
    {
        var desk = new PeekDesk(new BridgeRoster(TimeProvider.System), TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var order = new PeekOrder(Guid.NewGuid(), new AttemptId(7, 1), PeekKind.Processes, "", 0);
        var asking = desk.Ask("titan", order);
        Assert.That(desk.Of("titan"), Is.EqualTo(new[] { order }));
        await Refused(ErrorCode.Unavailable, "did not answer", () => asking);
        Assert.That(desk.Of("titan"), Is.Empty);
    }

    [Test]
    public async Task One_job_is_not_asked_for_too_much_at_a_time()
    {
        var desk = new PeekDesk(new BridgeRoster(TimeProvider.System), TimeSpan.FromSeconds(60), TimeProvider.System);
        PeekOrder Order(long job) => new(Guid.NewGuid(), new AttemptId(job, 1), PeekKind.Files, "", 0);
        for (var i = 0; i < 8; i++) _ = desk.Ask("titan", Order(7));
        await Refused(ErrorCode.Unavailable, "too many", () => desk.Ask("titan", Order(7)));
        Assert.That(desk.Of("titan"), Has.Count.EqualTo(8));
        Assert.That(desk.Ask("titan", Order(8)).IsCompleted, Is.False);
    }

    [Test]
    public async Task Only_running_jobs_can_be_looked_into_and_only_by_those_who_may_see_them()
    {
        var (bridge, id) = await RunOne();
        var waiting = (await Submit(Echo)).Job;
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Refusal(Central.Client("mary"), id.Job), Is.EqualTo(ErrorCode.NotFound));
            Assert.That(await Refusal(Jdoe, waiting), Is.EqualTo(ErrorCode.Conflict));
            Assert.That(await Refusal(Jdoe, 999), Is.EqualTo(ErrorCode.NotFound));
            Assert.That(await Refusal(bridge.Client, id.Job), Is.EqualTo(ErrorCode.Denied));
            Assert.That(await Refusal(Jdoe, id.Job, ""), Is.EqualTo(ErrorCode.Invalid));
        });
        await bridge.Finish(id);
        Assert.That(await Refusal(Jdoe, id.Job), Is.EqualTo(ErrorCode.Conflict));
    }

    [Test]
    public async Task Another_bridge_cannot_answer_and_a_user_neither()
    {
        var (bridge, id) = await RunOne();
        await Central.Accounts.Add("summit", HpcGrid.Central.Identity.Role.Bridge);
        var asking = Jdoe.Call(new PeekJob(id.Job, PeekKind.Files, "", 0), default);
        var order = await Open(bridge);
        var forged = new AnswerPeek(order.Id, new Peeked { Job = id.Job, Attempt = 1, Node = "forged" }, null);
        await Central.Client("summit").Call(forged, default);
        await Refused(ErrorCode.Denied, "", () => Jdoe.Call(forged, default));
        await bridge.Client.Call(new AnswerPeek(order.Id, new Peeked { Job = id.Job, Attempt = 1, Node = "node1" }, null), default);
        Assert.That((await asking).Node, Is.EqualTo("node1"));
    }

    private async Task<(TestBridge Bridge, AttemptId Id)> RunOne()
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var id = (await bridge.Match(1))[0].AttemptId;
        await bridge.Report(TestBridge.Started(id), TestBridge.Running(id));
        Assert.That(id.Job, Is.EqualTo(job));
        return (bridge, id);
    }

    private static async Task<PeekOrder> Open(TestBridge bridge)
    {
        for (var limit = DateTime.UtcNow.AddSeconds(20); DateTime.UtcNow < limit;)
            if ((await bridge.Renew()).Peeks is [var order, ..]) return order;
        throw new AssertionException("no look arrived");
    }

    private static async Task<ErrorCode?> Refusal(HpcGrid.Client.GridClient client, long job, string path = "stdout")
    {
        try { await client.Call(new PeekJob(job, PeekKind.File, path, 0), default); }
        catch (GridError e) { return e.Code; }
        return null;
    }
}
