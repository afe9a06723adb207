using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class ClaimTests
{
    private const int Rounds = 1000;
    private readonly SpoolWorld _world = new(shards: 1);

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void Of_two_claimers_of_one_name_exactly_one_owns_it()
    {
        AgentSpool[] agents = [_world.Agent("left"), _world.Agent("right")];
        for (var id = 1; id <= Rounds; id++) File.WriteAllBytes(Path.Combine(_world.SpoolPath, "pool", "00", SpoolWorld.Entry(id).FileName), []);
        using var barrier = new Barrier(2);
        var hints = new Errno[2][];
        var threads = agents.Select((agent, i) => new Thread(() =>
        {
            hints[i] = new Errno[Rounds];
            for (var id = 1; id <= Rounds; id++)
            {
                barrier.SignalAndWait();
                hints[i][id - 1] = agent.TryClaim(SpoolWorld.Entry(id));
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var owned = agents.Select(agent => agent.ListClaims().Items).ToArray();
        Assert.That(owned[0].Concat(owned[1]).Order(), Is.EqualTo(Enumerable.Range(1, Rounds).Select(id => new QueueName(id, 1))));
        Assert.That(hints[0].Concat(hints[1]).Count(hint => hint == Errno.None), Is.EqualTo(Rounds));
        Assert.That(hints[0].Concat(hints[1]).Count(hint => hint == Errno.ENOENT), Is.EqualTo(Rounds));
    }

    [Test]
    public void A_claim_is_ours_because_it_is_listed_whatever_rename_answered(
        [Values(Errno.EIO, Errno.ENOENT, Errno.ESTALE, Errno.ETIMEDOUT)] Errno errno)
    {
        var entry = _world.Offer(7);
        var fs = new FaultyFs(_world.Fs);
        var agent = _world.Agent(fs: fs);
        fs.Rule = (kind, _, path) => kind == FsOperation.Rename && path.Contains("/claim/", StringComparison.Ordinal) ? new Fault(errno, AfterDoing: true) : null;
        Assert.That(agent.TryClaim(entry), Is.EqualTo(errno));
        Assert.That(agent.ListClaims().Items, Is.EqualTo(new[] { entry.Name }));
        Assert.That(agent.ReadClaim(entry.Name).Queue!.Jobs, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_claim_that_is_answered_well_and_not_listed_is_not_ours()
    {
        var entry = _world.Offer(7);
        var fs = new FaultyFs(_world.Fs);
        var agent = _world.Agent(fs: fs);
        fs.Rule = (kind, _, path) => kind == FsOperation.Rename && path.Contains("/claim/", StringComparison.Ordinal) ? new Fault(Errno.None) : null;
        Assert.That(agent.TryClaim(entry), Is.EqualTo(Errno.None));
        Assert.That(agent.ListClaims().Items, Is.Empty);
        Assert.That(_world.Bridge().ListPool().Items, Is.EqualTo(new[] { entry }), "it can still be seen and offered again");
    }

    [Test]
    public void A_delayed_duplicate_of_a_claiming_rename_takes_nothing()
    {
        var first = _world.Offer(7);
        var agent = _world.Agent();
        agent.TryClaim(first);
        File.Delete(Path.Combine(_world.LivePath(agent.Card.Agent), "claim", "q7.g1.db"));
        _world.Offer(7, generation: 2);
        Assert.That(agent.TryClaim(first), Is.EqualTo(Errno.ENOENT));
        Assert.That(agent.ListClaims().Items, Is.Empty);
    }

    [TestCase("torn")]
    [TestCase("foreign")]
    [TestCase("link")]
    [TestCase("another")]
    public void A_claimed_file_that_is_no_good_is_named_and_kept(string how)
    {
        var agent = _world.Agent();
        var path = Path.Combine(_world.LivePath(agent.Card.Agent), "claim", "q7.g1.db");
        var good = WorkQueueImage.Write(SpoolWorld.Queue(7));
        if (how == "link") File.CreateSymbolicLink(path, Path.Combine(_world.Folder, "elsewhere"));
        else File.WriteAllBytes(path, how switch { "torn" => good[..^50], "foreign" => "hello"u8.ToArray(), _ => WorkQueueImage.Write(SpoolWorld.Queue(8)) });
        var reading = agent.ReadClaim(new QueueName(7, 1));
        Assert.That((reading.Errno, reading.Queue), Is.EqualTo((Errno.None, (WorkQueue?)null)));
        Assert.That(reading.Fault, Is.Not.Empty);
        Assert.That(agent.ListClaims().Items, Has.Count.EqualTo(1));
    }

    [Test]
    public void Offers_are_listed_oldest_first_and_strangers_are_set_apart()
    {
        foreach (var id in new[] { 12, 3, 100 }) _world.Offer(id);
        File.WriteAllText(Path.Combine(_world.SpoolPath, "pool", "00", "README"), "");
        File.WriteAllText(Path.Combine(_world.SpoolPath, "pool", "00", ".t.e1.abc"), "");
        var pool = _world.Agent().ListPool(0, 10);
        Assert.That(pool.Items.Select(entry => entry.Name.Id), Is.EqualTo(new[] { 3, 12, 100 }));
        Assert.That(pool.Foreign, Is.EqualTo(new[] { "README" }));
    }

    [Test]
    public void An_agent_looks_into_further_pool_directories_only_when_it_needs_more()
    {
        using var wide = new SpoolWorld(shards: 4);
        foreach (var id in new[] { 1, 2, 3, 4 }) wide.Offer(id);
        var fs = new CountingFs(wide.Fs);
        var agent = wide.Agent(fs: fs);
        var before = fs.Counts;
        Assert.That(agent.ListPool(2, 1).Items.Select(entry => entry.Name.Id), Is.EqualTo(new[] { 2 }));
        Assert.That(fs.Counts.Since(before)[FsOperation.List], Is.EqualTo(1));
        Assert.That(agent.ListPool(2, 4).Items.Select(entry => entry.Name.Id), Is.EqualTo(new[] { 1, 2, 3, 4 }));
    }

    [Test]
    public void A_withdrawn_offer_is_the_bridges_and_nobody_elses()
    {
        var entry = _world.Offer(7);
        var bridge = _world.Bridge();
        var agent = _world.Agent();
        Assert.That(bridge.Withdraw(entry), Is.EqualTo(Errno.None));
        Assert.That(agent.TryClaim(entry), Is.EqualTo(Errno.ENOENT));
        Assert.That(bridge.ListWithdrawn().Items, Is.EqualTo(new[] { entry.Name }));
        Assert.That(bridge.ForgetWithdrawn(entry.Name), Is.EqualTo(Errno.None));
        Assert.That(bridge.ListWithdrawn().Items, Is.Empty);
    }
}
