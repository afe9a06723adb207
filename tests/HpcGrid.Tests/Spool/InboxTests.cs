using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class InboxTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void Messages_of_every_kind_arrive_once_and_in_order()
    {
        var agent = _world.Agent();
        ControlMessage[] all =
            [new Ack(new QueueName(7, 1)), new Start(new QueueName(7, 1)), new Kill(new AttemptId(1, 2)), new Drain(), new Fenced(), new Peek(Guid.NewGuid(), new AttemptId(1, 2), PeekKind.File, "stdout", -7),
                new Yield(new QueueName(7, 1), 3), new Reserve(4, First: true), new Release(4), new Saved(new AttemptId(7, 1))];
        Assert.That(all.Select(message => message.Kind), Is.EqualTo(MessageName.Kinds));
        for (var i = all.Length; i > 0; i--) Assert.That(_world.Bridge().Agents.Send(agent.Card.Agent, i, all[i - 1]), Is.EqualTo(Errno.None));
        var read = agent.ReadInbox();
        Assert.That(read.Messages.Select(message => message.Message), Is.EqualTo(all));
        Assert.That(read.Faults, Is.Empty);
        Assert.That(agent.AppliedMessage, Is.EqualTo(all.Length));
        Assert.That(agent.ReadInbox().Messages, Is.Empty);
    }

    [Test]
    public void A_message_that_becomes_visible_after_a_later_one_is_still_handed_out()
    {
        var agent = _world.Agent();
        _world.Bridge().Agents.Send(agent.Card.Agent, 2, new Drain());
        Assert.That(agent.ReadInbox().Messages.Select(message => message.Sequence), Is.EqualTo(new[] { 2 }));
        _world.Bridge().Agents.Send(agent.Card.Agent, 1, new Kill(new AttemptId(1, 2)));
        Assert.That(agent.ReadInbox().Messages.Select(message => message.Sequence), Is.EqualTo(new[] { 1 }));
        Assert.That(agent.AppliedMessage, Is.EqualTo(2));
    }

    [Test]
    public void Leases_and_messages_of_a_lower_generation_are_ignored()
    {
        var agent = _world.Agent();
        var name = agent.Card.Agent;
        _world.Bridge(epoch: 5).Agents.Send(name, 1, new Drain());
        Assert.That(agent.ReadInbox().Messages, Has.Count.EqualTo(1));
        File.WriteAllBytes(Path.Combine(_world.LivePath(name), "in", "lease.900.e4"), []);
        _world.Bridge(epoch: 4).Agents.Send(name, 2, new Kill(new AttemptId(1, 1)));
        var read = agent.ReadInbox();
        Assert.That(read.Messages, Is.Empty);
        Assert.That(read.Lease, Is.Null);
    }

    [Test]
    public void A_lease_is_one_rename_and_the_newest_counts()
    {
        var agent = _world.Agent();
        var fs = new CountingFs(_world.Fs);
        var bridge = _world.Bridge(epoch: 3, fs);
        Assert.That(bridge.Agents.Lease(agent.Card.Agent, 1), Is.EqualTo(Errno.None));
        var before = fs.Counts;
        Assert.That(bridge.Agents.Lease(agent.Card.Agent, 2), Is.EqualTo(Errno.None));
        Assert.That(fs.Counts.Since(before).Metadata, Is.EqualTo(1));
        Assert.That(agent.ReadInbox().Lease, Is.EqualTo(new LeaseName(2, 3)));
    }

    [Test]
    public void A_bridge_that_restarts_renames_the_lease_of_its_predecessor()
    {
        var agent = _world.Agent();
        _world.Bridge(epoch: 3).Agents.Lease(agent.Card.Agent, 9);
        Assert.That(_world.Bridge(epoch: 4).Agents.Lease(agent.Card.Agent, 1), Is.EqualTo(Errno.None));
        Assert.That(Directory.GetFiles(Path.Combine(_world.LivePath(agent.Card.Agent), "in")).Select(Path.GetFileName), Is.EqualTo(new[] { "lease.1.e4" }));
    }

    [Test]
    public void A_lease_is_not_given_to_a_fenced_agent()
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge();
        bridge.Agents.Fence(agent.Card.Agent);
        Assert.That(bridge.Agents.Lease(agent.Card.Agent, 1), Is.EqualTo(Errno.ENOENT));
    }

    [TestCase("torn")]
    [TestCase("another kind")]
    [TestCase("another format")]
    public void A_message_that_is_no_good_is_named_and_does_not_hold_up_the_others(string how)
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge();
        var path = Path.Combine(_world.LivePath(agent.Card.Agent), "in", "m1.e1.kill");
        bridge.Agents.Send(agent.Card.Agent, 3, new Drain());
        var drain = File.ReadAllBytes(Path.Combine(_world.LivePath(agent.Card.Agent), "in", "m3.e1.drain"));
        File.WriteAllBytes(path, how switch { "torn" => drain[..^1], "another kind" => drain, _ => Trailer.Seal("{\"kind\":\"format\"}"u8) });
        var read = agent.ReadInbox();
        Assert.That(read.Messages.Select(message => message.Message), Is.EqualTo(new ControlMessage[] { new Drain() }));
        Assert.That(read.Faults.Select(fault => fault.FileName), Is.EqualTo(new[] { "m1.e1.kill" }));
    }

    [Test]
    public void The_bridge_sees_and_removes_what_it_sent()
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge(epoch: 2);
        bridge.Agents.Send(agent.Card.Agent, 10, new Drain());
        bridge.Agents.Send(agent.Card.Agent, 9, new Drain());
        var sent = bridge.Agents.ListMessages(agent.Card.Agent);
        Assert.That(sent.Items, Is.EqualTo(new[] { new MessageName(9, 2, "drain"), new MessageName(10, 2, "drain") }));
        Assert.That(bridge.Agents.RemoveMessage(agent.Card.Agent, sent.Items[0]), Is.EqualTo(Errno.None));
        Assert.That(bridge.Agents.ListMessages(agent.Card.Agent).Items, Has.Count.EqualTo(1));
    }
}
