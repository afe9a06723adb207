using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>A look on its way from central to a node and back (K2).</summary>
public sealed class PeekTests
{
    private static readonly AttemptId Seven = new(7, 1);
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void An_order_reaches_the_agent_and_its_answer_central([Values] bool pushed)
    {
        var agent = RunSeven();
        var order = Order();
        if (pushed) _rig.Central.Arrivals!.Pushed(new PeekNow([order]));
        else _rig.Central.Peeks[order.Id] = order;
        _rig.Until(() => agent.Messages().Contains(new Peek(order.Id, Seven, PeekKind.File, "stdout", 3)), "the agent is told");
        Assert.That(_rig.Central.Answers, Is.Empty);
        agent.Spool.PublishAnswer(new PeekAnswer(order.Id, new Peeked { Job = 7, Attempt = 1, Bytes = [1, 2, 3], Offset = 3, Size = 6 }, null));
        _rig.Until(() => !_rig.Central.Answers.IsEmpty, "central hears");
        Assert.That(_rig.Central.Answers.Single().Answer!.Bytes, Is.EqualTo(new byte[] { 1, 2, 3 }));
        if (pushed) _rig.Central.Arrivals!.Pushed(new PeekNow([order]));
        _rig.Ticks(50);
        Assert.That(_rig.Central.Answers, Has.Count.EqualTo(1), "what was answered is not asked again");
    }

    [Test]
    public void An_answer_that_does_not_reach_central_is_sent_again()
    {
        var agent = RunSeven();
        var order = Answered(agent);
        _rig.Until(() => _rig.Central.AnswersTried > 2, "it is tried again and again");
        Assert.That(_rig.Central.Answers, Is.Empty);
        _rig.Central.LosesAnswers = false;
        _rig.Until(() => !_rig.Central.Answers.IsEmpty, "central hears");
        _rig.Ticks(100);
        Assert.That(_rig.Central.Answers.Select(answer => answer.Id), Is.EqualTo(new[] { order.Id }), "once");
    }

    [Test]
    public void An_answer_that_nobody_waits_for_any_more_is_given_up()
    {
        var agent = RunSeven();
        Answered(agent);
        _rig.Until(() => _rig.Central.AnswersTried > 1, "it is tried");
        var give = _rig.Time.GetUtcNow() + TimeSpan.FromSeconds(90);
        _rig.Until(() => _rig.Time.GetUtcNow() > give, "a minute and a half passes");
        var tried = _rig.Central.AnswersTried;
        _rig.Ticks(100);
        Assert.That(_rig.Central.AnswersTried, Is.EqualTo(tried));
    }

    /// <summary>The agent has answered a look, and central cannot be told.</summary>
    private PeekOrder Answered(PlayedAgent agent)
    {
        var order = Order();
        _rig.Central.LosesAnswers = true;
        _rig.Central.Arrivals!.Pushed(new PeekNow([order]));
        _rig.Until(() => agent.Messages().Any(message => message is Peek), "the agent is told");
        agent.Spool.PublishAnswer(new PeekAnswer(order.Id, new Peeked { Job = 7, Attempt = 1, Bytes = [1], Size = 1 }, null));
        return order;
    }

    [Test]
    public void A_message_without_effect_is_said_again()
    {
        var agent = RunSeven();
        var order = Order();
        _rig.Central.Peeks[order.Id] = order;
        _rig.Until(() => { agent.Beat(); _rig.Time.Advance(TimeSpan.FromSeconds(1)); return agent.Messages().Count(message => message is Peek) > 1; }, "it is said again");
    }

    [Test]
    public void A_job_that_no_node_has_is_answered_at_once()
    {
        var agent = RunSeven();
        var order = Order() with { Attempt = new AttemptId(99, 1) };
        _rig.Central.Peeks[order.Id] = order;
        _rig.Until(() => !_rig.Central.Answers.IsEmpty, "central hears");
        Assert.That(_rig.Central.Answers.Single().Error!.Code, Is.EqualTo(ErrorCode.Conflict));
    }

    [Test]
    public void A_damaged_answer_is_a_node_that_did_not_answer()
    {
        var agent = RunSeven();
        var order = Order();
        _rig.Central.Peeks[order.Id] = order;
        _rig.Until(() => agent.Messages().Any(message => message is Peek), "the agent is told");
        File.WriteAllText(Path.Combine(_rig.Options.Spool, "agents", agent.Name, "live", "out", new AnswerName(order.Id).FileName), "half of it");
        _rig.Until(() => !_rig.Central.Answers.IsEmpty, "central hears");
        Assert.That(_rig.Central.Answers.Single().Error!.Code, Is.EqualTo(ErrorCode.Unavailable));
    }

    private static PeekOrder Order() => new(Guid.NewGuid(), Seven, PeekKind.File, "stdout", 3);

    private PlayedAgent RunSeven()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "it is claimed");
        agent.Publish(queue!, false, [agent.Report(queue!.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "it runs");
        return agent;
    }
}
