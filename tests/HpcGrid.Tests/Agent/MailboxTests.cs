using HpcGrid.Agent;

namespace HpcGrid.Tests.Agent;

public sealed class MailboxTests
{
    [Test]
    public void Who_waits_for_ever_sleeps_until_the_first_letter()
    {
        var mailbox = new Mailbox<string>();
        List<string> taken = [];
        var waiting = new Thread(() => taken = mailbox.TakeAll([], Timeout.InfiniteTimeSpan));
        waiting.Start();
        SpinWait.SpinUntil(() => waiting.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !waiting.IsAlive, TimeSpan.FromSeconds(30));
        Assert.That(waiting.IsAlive, "it came back without a letter");
        mailbox.Post("a letter");
        waiting.Join();
        Assert.That(taken, Is.EqualTo(new[] { "a letter" }));
    }

    [Test]
    public void Who_does_not_want_to_wait_gets_what_is_there()
    {
        var mailbox = new Mailbox<string>();
        Assert.That(mailbox.TakeAll([], TimeSpan.Zero), Is.Empty);
        mailbox.Post("a");
        mailbox.Post("b");
        Assert.That(mailbox.TakeAll([], TimeSpan.Zero), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void A_call_ends_the_next_wait_too_and_only_one()
    {
        var mailbox = new Mailbox<string>();
        mailbox.Call();
        Assert.That(mailbox.TakeAll([], Timeout.InfiniteTimeSpan), Is.Empty);
        var waiting = new Thread(() => mailbox.TakeAll([], Timeout.InfiniteTimeSpan));
        waiting.Start();
        SpinWait.SpinUntil(() => waiting.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !waiting.IsAlive, TimeSpan.FromSeconds(30));
        Assert.That(waiting.IsAlive, "one call ended two waits");
        mailbox.Call();
        waiting.Join();
    }
}
