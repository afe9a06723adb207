using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class BridgeSpoolTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void What_was_offered_claimed_and_read_is_what_was_written()
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge();
        var entry = _world.Offer(7);
        Assert.That(bridge.ListPool().Items, Is.EqualTo(new[] { entry }));
        Assert.That(agent.TryClaim(agent.ListPool(0, 4).Items[0]), Is.EqualTo(Errno.None));
        Assert.That(bridge.ListPool().Items, Is.Empty);
        var place = new AgentPlace(agent.Card.Agent);
        Assert.That(bridge.Agents.Observe(place).Claims, Is.EqualTo(new[] { entry.Name }));
        Assert.That(bridge.Agents.ReadClaimed(place, entry.Name).Queue!.Jobs, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_fenced_agents_files_are_swept_where_they_are_now_and_again_when_more_come()
    {
        var agent = _world.Agent();
        var name = agent.Card.Agent;
        agent.TryClaim(_world.Offer(7));
        agent.PublishVersion(new VersionName(new QueueName(7, 1), 1, false), WorkQueueImage.Write(SpoolWorld.Version(name, 7, 1)));
        var bridge = _world.Bridge(epoch: 2);
        bridge.Agents.Fence(name);
        var place = bridge.Agents.FindPlaces(name).Items.Single();
        Assert.That(place.IsLive, Is.False);
        Assert.That(bridge.Agents.ReadVersion(place, new QueueName(7, 1), 0).Sequence, Is.EqualTo(1));
        // A zombie with an open directory goes on publishing (facts 0.3).
        File.WriteAllBytes(Path.Combine(_world.SpoolPath, "agents", name, "fenced.2", "out", "q7.g1.s2.final.db"), WorkQueueImage.Write(SpoolWorld.Version(name, 7, 2, true)));
        Assert.That(bridge.Agents.ReadVersion(place, new QueueName(7, 1), 1).Value!.Final, Is.True);
        Assert.That(bridge.Sweep.RemoveAgent(name), Is.EqualTo(Errno.None));
        Assert.That(bridge.Agents.List().Items, Is.Empty);
    }

    [Test]
    public void Fencing_that_was_done_and_reported_an_error_is_seen_by_listing()
    {
        var agent = _world.Agent();
        var fs = new FaultyFs(_world.Fs);
        var bridge = _world.Bridge(epoch: 2, fs);
        fs.Rule = (kind, _, _) => kind == FsOperation.Rename ? new Fault(Errno.EIO, AfterDoing: true) : null;
        Assert.That(bridge.Agents.Fence(agent.Card.Agent), Is.EqualTo(Errno.EIO));
        Assert.That(bridge.Agents.FindPlaces(agent.Card.Agent).Items, Is.EqualTo(new[] { new AgentPlace(agent.Card.Agent, 2) }));
    }

    [Test]
    public void A_foreign_file_of_the_pool_is_quarantined_with_its_bytes_kept()
    {
        var (pool, corrupt) = (Path.Combine(_world.SpoolPath, "pool"), Path.Combine(_world.SpoolPath, "corrupt"));
        File.WriteAllText(Path.Combine(pool, "01", "evil\nname"), "bytes");
        var misplaced = new PoolEntry(new QueueName(8, 1), 1, 100, 60, 1).FileName;
        File.WriteAllText(Path.Combine(pool, "01", misplaced), "more");
        var bridge = _world.Bridge();
        Assert.That(bridge.ListPool().Foreign, Is.EquivalentTo(new[] { "evil\nname", misplaced }), "an offer in another directory than its own nobody could claim");
        Assert.That(bridge.Sweep.QuarantineOffer("evil\nname"), Is.EqualTo(Errno.None));
        Assert.That(bridge.Sweep.QuarantineOffer(misplaced), Is.EqualTo(Errno.None));
        Assert.That(bridge.Sweep.QuarantineOffer("../01"), Is.EqualTo(Errno.EINVAL));
        Assert.That(Directory.GetFiles(corrupt).Select(File.ReadAllText), Is.EquivalentTo(new[] { "bytes", "more" }));
    }

    [Test]
    public void Removing_an_agent_follows_no_link()
    {
        var agent = _world.Agent();
        var precious = Path.Combine(_world.Folder, "precious");
        Directory.CreateDirectory(precious);
        File.WriteAllText(Path.Combine(precious, "file"), "");
        Directory.CreateSymbolicLink(Path.Combine(_world.LivePath(agent.Card.Agent), "out", "link"), precious);
        Assert.That(_world.Bridge().Sweep.RemoveAgent(agent.Card.Agent), Is.EqualTo(Errno.None));
        Assert.That(File.Exists(Path.Combine(precious, "file")), Is.True);
        Assert.That(_world.Bridge().Sweep.RemoveAgent("../precious"), Is.EqualTo(Errno.EINVAL));
    }

    [Test]
    public void Only_temporary_files_of_dead_bridges_are_removed()
    {
        var pool = Path.Combine(_world.SpoolPath, "pool", "00");
        foreach (var name in new[] { ".t.e3.a", ".t.e4.b", ".t.agents" }) File.WriteAllText(Path.Combine(pool, name), "");
        Assert.That(_world.Bridge(epoch: 4).Sweep.RemoveOldTemporaries(), Is.EqualTo(Errno.None));
        Assert.That(_world.Temporaries().Select(Path.GetFileName), Is.EquivalentTo(new[] { ".t.e4.b", ".t.agents" }));
    }

    [Test]
    public void An_agent_that_died_while_entering_can_be_removed()
    {
        var fs = new FaultyFs(_world.Fs) { Rule = (kind, _, path) => kind == FsOperation.Rename && !path.EndsWith("card.json", StringComparison.Ordinal) ? new Fault(Errno.EIO) : null };
        Assert.Throws<HpcGrid.Core.GridError>(() => _world.Agent(fs: fs));
        var bridge = _world.Bridge();
        Assert.That(bridge.Sweep.RemoveNewAgent(bridge.Agents.ListEntering().Single()), Is.EqualTo(Errno.None));
        Assert.That(bridge.Agents.List().Foreign, Is.Empty);
    }

    [Test]
    public void The_newest_keys_are_read_and_a_torn_file_is_passed_over()
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge();
        Assert.That(agent.ReadKeys(0).Value, Is.Null);
        for (var n = 1; n <= 5; n++) Assert.That(bridge.PublishKeys(new PublishedKeys(n, ["pem" + n], n == 5 ? "ban" : null)), Is.EqualTo(Errno.None));
        Assert.That(agent.ReadKeys(0).Value!.BanList, Is.EqualTo("ban"));
        File.WriteAllText(Path.Combine(_world.SpoolPath, "keys", "keys.6.json"), "{");
        Assert.That(agent.ReadKeys(2).Value!.Pems, Is.EqualTo(new[] { "pem5" }));
        Assert.That(Directory.GetFiles(Path.Combine(_world.SpoolPath, "keys")), Has.Length.EqualTo(4));
    }

    [Test]
    public void The_canary_is_one_file_renamed()
    {
        var bridge = _world.Bridge();
        for (var n = 1; n <= 3; n++) Assert.That(bridge.Canary(n), Is.EqualTo(Errno.None));
        Assert.That(Directory.GetFiles(Path.Combine(_world.SpoolPath, "bridge"), "canary.*").Select(Path.GetFileName), Is.EqualTo(new[] { "canary.3" }));
    }

    [Test]
    public void Looking_at_an_agent_costs_two_listings_and_opens_nothing()
    {
        var agent = _world.Agent();
        var fs = new CountingFs(_world.Fs);
        var bridge = _world.Bridge(fs: fs);
        var before = fs.Counts;
        bridge.Agents.Observe(new AgentPlace(agent.Card.Agent));
        var cost = fs.Counts.Since(before);
        Assert.That((cost.Metadata, cost[FsOperation.List], cost.BytesRead), Is.EqualTo((2, 2, 0)));
    }

    [Test]
    public void Publishing_an_offer_costs_two_syncs_and_its_bytes_once()
    {
        var fs = new CountingFs(_world.Fs);
        var bridge = _world.Bridge(fs: fs);
        var image = WorkQueueImage.Write(SpoolWorld.Queue(7, 512));
        bridge.Offer(SpoolWorld.Entry(6), image);
        var before = fs.Counts;
        bridge.Offer(SpoolWorld.Entry(7), image);
        var cost = fs.Counts.Since(before);
        Assert.That((cost.Syncs, cost.BytesWritten, cost[FsOperation.Create], cost[FsOperation.Rename], cost[FsOperation.Status]), Is.EqualTo((2, image.Length, 1, 1, 1)));
        Assert.That(cost.Metadata, Is.EqualTo(6));
    }

    [Test]
    public void Free_space_is_told() => Assert.That((_world.Bridge().FreeSpace(out var bytes), bytes > 0), Is.EqualTo((Errno.None, true)));
}
