using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>What is said of a claimed file, and said again while nobody answers (A3).</summary>
public sealed class QueueRunTests
{
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(5), Minute = TimeSpan.FromMinutes(1);
    private static readonly AgentCard Card = new("b-1.node1.a", "node1", "pilot", "b-1", 2, 1000, 1000, "none", null, 1);

    [TestCase(false, TestName = "A_file_that_waits_for_the_word_to_begin_is_told_of_again")]
    [TestCase(true, TestName = "A_file_that_waits_and_of_which_a_job_was_killed_is_told_of_again")]
    public void Waiting(bool oneWasKilled)
    {
        var queue = Claimed(StartMode.Acked);
        if (oneWasKilled) queue.CountOver(Start, wentWell: false);
        Say(queue, Start);
        Assert.That(SaysAgainAfter(queue, Start), Is.EqualTo(Minute));
        Say(queue, Start + Minute);
        Assert.That(SaysAgainAfter(queue, Start + Minute), Is.EqualTo(2 * Minute));
    }

    [Test]
    public void A_file_that_may_begin_is_told_of_when_there_is_news_and_says_that_it_may()
    {
        var queue = Claimed(StartMode.Acked);
        Assert.That(Say(queue, Start).Header.StartMode, Is.EqualTo(StartMode.Acked));
        queue.MayStart = true;
        Assert.That(Say(queue, Start + Minute).Header.StartMode, Is.EqualTo(StartMode.Optimistic));
        Assert.That(queue.PublishFacts.Changed, Is.False);
    }

    [Test]
    public void A_final_version_is_told_of_again_as_soon_as_if_nothing_had_been_said_before()
    {
        var queue = Claimed(StartMode.Acked);
        for (var minute = 0; minute < 10; minute++) Say(queue, Start + minute * Minute);
        foreach (var _ in queue.Jobs) queue.CountOver(Start, wentWell: true);
        Assert.That(Say(queue, Start).Final);
        Assert.That(SaysAgainAfter(queue, Start), Is.EqualTo(Minute));
        Assert.That(AgentRules.PublishDue(queue.PublishFacts, SpoolTiming.For(TimeSpan.FromSeconds(2))), Is.GreaterThanOrEqualTo(Start + Minute), "not at once, as the first one");
    }

    private static QueueRun Claimed(StartMode mode)
    {
        QueuedJob Job(long id) => new(new AttemptId(id, 1), 0, [], "");
        var header = new WorkQueueHeader(new QueueName(7, 1), 1, Repeatable: false, mode);
        return new QueueRun(new WorkQueue(header, [Job(1), Job(2)], new Dictionary<string, byte[]>()), Start);
    }

    private static WorkQueueVersion Say(QueueRun queue, TimeSpan now)
    {
        var version = queue.NextVersion(Card);
        queue.Published(Errno.None, 1000, version.Sequence, now);
        queue.AskAgain(now, Minute);
        return version;
    }

    private static TimeSpan SaysAgainAfter(QueueRun queue, TimeSpan now)
    {
        Assert.That(queue.PublishFacts.Changed);
        return queue.PublishFacts.ChangedAt - now;
    }
}
