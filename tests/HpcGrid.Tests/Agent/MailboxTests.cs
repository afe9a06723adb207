using HpcGrid.Agent;

namespace HpcGrid.Tests.Agent;

public sealed class MailboxTests
{
    [Test]
    public async Task Who_waits_for_ever_wakes_with_the_first_letter_and_not_before()
    {
        var mailbox = new Mailbox<string>();
        var taken = Task.Run(() => mailbox.TakeAll([], Timeout.InfiniteTimeSpan));
        mailbox.Post("a letter");
        Assert.That(await taken, Is.EqualTo(new[] { "a letter" }));
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
}
