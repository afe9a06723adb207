using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Limits = HpcGrid.Spool.Limits;

namespace HpcGrid.Tests.Spool;

public sealed class AgentSpoolTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void An_agent_that_entered_shows_card_and_heartbeat()
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge();
        var place = new AgentPlace(agent.Card.Agent);
        Assert.That(bridge.Agents.List().Items, Is.EqualTo(new[] { agent.Card.Agent }));
        Assert.That(bridge.Agents.FindPlaces(agent.Card.Agent).Items, Is.EqualTo(new[] { place }));
        Assert.That((bridge.Agents.ReadCard(place, out var card), card), Is.EqualTo((Errno.None, agent.Card)));
        Assert.That(_world.Heartbeat(agent), Is.EqualTo(new HeartbeatMarker(0, 0, false, false)));
    }

    [Test]
    public void A_second_agent_of_the_same_name_does_not_enter([Values] bool seesTheFirst)
    {
        var first = _world.Agent();
        var fs = new FaultyFs(_world.Fs)
        {
            Rule = (kind, _, path) => !seesTheFirst && kind == FsOperation.Status && path.EndsWith(first.Card.Agent, StringComparison.Ordinal)
                ? new Fault(Errno.ENOENT) : null,
        };
        Assert.That(
            () => AgentSpool.Join(fs, _world.SpoolPath, first.Card with { ProcessId = first.Card.ProcessId + 1 }, _world.Nonce),
            Throws.InstanceOf<GridError>());
        Assert.That(first.IsStillLive());
    }

    /// <summary>Point of the other's whole entry: before any of the first one's calls that change something.</summary>
    [Test]
    public void Of_two_agents_of_one_name_that_enter_at_once_exactly_one_comes_in([Range(1, 10)] int at)
    {
        var (card, entered, calls) = (_world.Card("node1"), 0, 0);
        var fs = new FaultyFs(_world.Fs)
        {
            Rule = (kind, _, _) =>
            {
                if (kind is FsOperation.MakeDirectory or FsOperation.Create or FsOperation.Rename && ++calls == at) entered += Enter(card, _world.Fs);
                return null;
            },
        };
        var first = Enter(card, fs);
        Assert.That(first + entered, Is.EqualTo(1));
        Assert.That(calls, Is.EqualTo(10), "the steps of an entry");
    }

    [Test]
    public void An_agent_whose_directory_was_lost_does_not_take_that_of_its_namesake_for_its_own()
    {
        var first = _world.Agent();
        Directory.Delete(Path.Combine(_world.SpoolPath, "agents", first.Card.Agent), recursive: true);
        var second = AgentSpool.Join(_world.Fs, _world.SpoolPath, first.Card, _world.Nonce);
        Assert.That((first.CheckLive(), second.CheckLive()), Is.EqualTo((Liveness.Unknown, Liveness.Live)));
    }

    private int Enter(AgentCard card, ISharedFs fs)
    {
        try { return AgentSpool.Join(fs, _world.SpoolPath, card, _world.Nonce) is null ? 0 : 1; }
        catch (GridError) { return 0; }
    }

    [Test]
    public void Entering_fails_wholly_or_succeeds_whatever_call_fails([Values] bool afterDoing)
    {
        var clean = new FaultyFs(_world.Fs);
        _world.Agent(fs: clean);
        for (var failing = 1; failing <= clean.Calls; failing++)
        {
            var at = failing;
            var fs = new FaultyFs(_world.Fs) { Rule = (kind, call, _) => call == at && kind != FsOperation.Close ? new Fault(Errno.EIO, afterDoing) : null };
            try { Assert.That(_world.Agent(fs: fs).IsStillLive(), Is.True, $"call {at}"); }
            catch (GridError e) { Assert.That(e.Code, Is.AnyOf(ErrorCode.Unavailable, ErrorCode.NotFound, ErrorCode.Denied), $"call {at}"); }
        }
        var bridge = _world.Bridge();
        foreach (var agent in bridge.Agents.List().Items)
            Assert.That((bridge.Agents.ReadCard(new AgentPlace(agent), out var card), card?.Agent), Is.EqualTo((Errno.None, agent)));
    }

    [Test]
    public void An_agent_with_a_name_that_is_no_name_does_not_enter() =>
        Assert.Throws<GridError>(() => AgentSpool.Join(_world.Fs, _world.SpoolPath, _world.Card("n") with { Agent = "../x" }, _world.Nonce));

    [Test]
    public void Heartbeats_follow_one_another_in_one_rename_each()
    {
        var fs = new CountingFs(_world.Fs);
        var agent = _world.Agent(fs: fs);
        var before = fs.Counts;
        for (var n = 1; n <= 10; n++) Assert.That(agent.Heartbeat(new HeartbeatMarker(n, 2, n > 5, false)), Is.EqualTo(Errno.None));
        Assert.That(fs.Counts.Since(before).Metadata, Is.EqualTo(10));
        Assert.That(_world.Heartbeat(agent), Is.EqualTo(new HeartbeatMarker(10, 2, true, false)));
    }

    [Test]
    public void A_heartbeat_that_was_renamed_and_reported_an_error_goes_on([Values(Errno.EIO, Errno.ENOENT)] Errno errno)
    {
        var fs = new FaultyFs(_world.Fs);
        var agent = _world.Agent(fs: fs);
        fs.Rule = (kind, _, path) => kind == FsOperation.Rename && path.Contains("/hb/", StringComparison.Ordinal) ? new Fault(errno, AfterDoing: true) : null;
        agent.Heartbeat(new HeartbeatMarker(1, 0, false, false));
        fs.Rule = (_, _, _) => null;
        Assert.That(agent.Heartbeat(new HeartbeatMarker(2, 0, false, false)), Is.EqualTo(Errno.None));
        Assert.That(_world.HeartbeatFiles().Select(Path.GetFileName), Is.EqualTo(new[] { $"{agent.Card.Agent}.2.i0.l0.a0.c0.h{HoldingsWord.Of([], [], [])}" }));
    }

    [Test]
    public void A_heartbeat_marker_that_vanished_is_made_again()
    {
        var agent = _world.Agent();
        foreach (var file in _world.HeartbeatFiles()) File.Delete(file);
        Assert.That(agent.Heartbeat(new HeartbeatMarker(1, 0, false, false)), Is.EqualTo(Errno.None));
        Assert.That(_world.HeartbeatFiles(), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_fenced_agent_sees_that_it_is_not_live_and_creates_nothing()
    {
        var agent = _world.Agent();
        var entry = _world.Offer(7);
        Assert.That(_world.Bridge(epoch: 3).Agents.Fence(agent.Card.Agent), Is.EqualTo(Errno.None));
        CreatesNothing(agent, entry, Liveness.Fenced);
        Assert.That(_world.Bridge().Agents.FindPlaces(agent.Card.Agent).Items, Is.EqualTo(new[] { new AgentPlace(agent.Card.Agent, 3) }));
    }

    [Test]
    public void An_agent_whose_directory_was_removed_creates_nothing()
    {
        var agent = _world.Agent();
        var entry = _world.Offer(7);
        Assert.That(_world.Bridge().Sweep.RemoveAgent(agent.Card.Agent), Is.EqualTo(Errno.None));
        CreatesNothing(agent, entry, Liveness.Unknown);
    }

    [Test]
    public void An_agent_on_an_unmounted_filesystem_creates_nothing()
    {
        var agent = _world.Agent();
        var entry = _world.Offer(7);
        Directory.Move(_world.SpoolPath, _world.SpoolPath + ".away");
        Directory.CreateDirectory(_world.SpoolPath);
        CreatesNothing(agent, entry, Liveness.Unknown);
    }

    private void CreatesNothing(AgentSpool agent, PoolEntry entry, Liveness expected)
    {
        var before = _world.Everything();
        using var source = new MemoryStream([1, 2, 3]);
        Assert.Multiple(() =>
        {
            Assert.That(agent.CheckLive(), Is.EqualTo(expected));
            Assert.That(agent.TryClaim(entry), Is.EqualTo(Errno.NotLive));
            Assert.That(agent.PublishVersion(new VersionName(entry.Name, 1, true), [1]), Is.EqualTo(Errno.NotLive));
            Assert.That(agent.PublishLargeOutput(new OutputName(new AttemptId(1, 1), 0, 0, "x"), source.Read).Errno, Is.EqualTo(Errno.NotLive));
            Assert.That(agent.MakeMissingDirectories(), Is.EqualTo(Errno.NotLive));
            Assert.That(_world.Everything(), Is.EqualTo(before));
            _ = agent.Heartbeat(new HeartbeatMarker(5, 0, false, false));
            Assert.That(_world.Everything(), Has.Count.EqualTo(before.Count), "a heartbeat that is there may go on; none is made");
        });
    }

    /// <summary>Found by simulation (R2; gpfs, seed 1314): its bridge never knew of such an agent, and what it had claimed waited until its walltime's end.</summary>
    [Test]
    public void An_agent_whose_card_did_not_get_its_name_does_not_enter()
    {
        var fs = new FaultyFs(_world.Fs) { Rule = (kind, _, path) => kind == FsOperation.Rename && path.EndsWith("/card.json", StringComparison.Ordinal) ? new Fault(Errno.None) : null };
        Assert.That(() => AgentSpool.Join(fs, _world.SpoolPath, _world.Card("node1"), _world.Nonce), Throws.InstanceOf<GridError>());
        Assert.That(_world.Bridge().Agents.List().Items, Is.Empty);
    }

    /// <summary>Found by simulation (S4; gpfs, seed 453): for the rest of its walltime such an agent could deliver nothing, and its jobs ran again.</summary>
    [TestCase("claim")]
    [TestCase("out")]
    [TestCase("in")]
    public void A_directory_of_its_own_that_is_gone_an_agent_makes_again(string lost)
    {
        var agent = _world.Agent();
        Directory.Delete(Path.Combine(_world.LivePath(agent.Card.Agent), lost));
        Assert.That(agent.MakeMissingDirectories(), Is.EqualTo(Errno.None));
        Assert.That(Directory.Exists(Path.Combine(_world.LivePath(agent.Card.Agent), lost)));
    }

    [Test]
    public void What_could_not_be_published_for_a_directory_that_is_gone_is_published_the_next_time()
    {
        var agent = _world.Agent();
        var (version, image) = (new VersionName(new QueueName(7, 1), 1, true), WorkQueueImage.Write(SpoolWorld.Version(agent.Card.Agent, 7, 1, final: true)));
        using var source = new MemoryStream([1, 2, 3]);
        Directory.Delete(Path.Combine(_world.LivePath(agent.Card.Agent), "out"));
        Assert.That(agent.PublishVersion(version, image), Is.EqualTo(Errno.ENOENT));
        Assert.That(agent.PublishVersion(version, image), Is.EqualTo(Errno.None));
        Directory.Delete(Path.Combine(_world.LivePath(agent.Card.Agent), "out"), recursive: true);
        Assert.That(agent.PublishLargeOutput(new OutputName(new AttemptId(7, 1), 0, 0, "x"), source.Read).Errno, Is.EqualTo(Errno.ENOENT));
        Assert.That(agent.PublishLargeOutput(new OutputName(new AttemptId(7, 1), 0, 1, "x"), source.Read).Errno, Is.EqualTo(Errno.None));
    }

    [Test]
    public void Versions_travel_to_the_bridge_and_old_ones_go()
    {
        var agent = _world.Agent();
        var bridge = _world.Bridge();
        var queue = new QueueName(7, 1);
        for (var s = 1; s <= 6; s++)
        {
            var image = WorkQueueImage.Write(SpoolWorld.Version(agent.Card.Agent, 7, s, final: s == 6));
            Assert.That(agent.PublishVersion(new VersionName(queue, s, s == 6), image), Is.EqualTo(Errno.None));
            Assert.That(agent.RemoveOldVersions(queue), Is.EqualTo(Errno.None));
        }
        var place = new AgentPlace(agent.Card.Agent);
        Assert.That(bridge.Agents.Observe(place).Versions[queue], Is.EqualTo(new VersionName(queue, 6, true)));
        Assert.That(bridge.Agents.ReadVersion(place, queue, 1).Value!.Final, Is.True);
        Assert.That(Directory.GetFiles(Path.Combine(_world.LivePath(agent.Card.Agent), "out")), Has.Length.EqualTo(Limits.VersionsKept));
    }

    [Test]
    public void After_the_ack_an_agent_drops_all_it_has_of_a_queue_and_nothing_else()
    {
        var agent = _world.Agent();
        foreach (var id in new[] { 7, 8 })
        {
            agent.TryClaim(_world.Offer(id));
            agent.PublishVersion(new VersionName(new QueueName(id, 1), 1, true), WorkQueueImage.Write(SpoolWorld.Version(agent.Card.Agent, id, 1, true)));
            using var source = new MemoryStream([1, 2, 3]);
            agent.PublishLargeOutput(new OutputName(new AttemptId(id, 1), 0, 0, "x.root"), source.Read);
        }
        Assert.That(agent.DropQueue(new QueueName(7, 1), ["7.1.b0.o0.x.root", "../card.json"]), Is.EqualTo(Errno.None));
        var left = _world.Bridge().Agents.Observe(new AgentPlace(agent.Card.Agent));
        Assert.That(left.Claims, Is.EqualTo(new[] { new QueueName(8, 1) }));
        Assert.That(left.Versions.Keys, Is.EqualTo(new[] { new QueueName(8, 1) }));
        Assert.That(left.Outputs.Select(output => output.Id.Job), Is.EqualTo(new[] { 8 }));
        Assert.That(agent.DropQueue(new QueueName(7, 1), []), Is.EqualTo(Errno.None), "a repeated ack");
    }

    [Test]
    public void A_large_output_arrives_with_the_checksum_it_left_with()
    {
        var agent = _world.Agent();
        var name = new OutputName(new AttemptId(7, 1), 0, 0, "x.root");
        using var source = new MemoryStream("big"u8.ToArray());
        Assert.That(agent.PublishLargeOutput(name, source.Read).Content, Is.EqualTo(Content.Of("big"u8)));
        using var arrived = new MemoryStream();
        Assert.That(_world.Bridge().Agents.CopyOutput(new AgentPlace(agent.Card.Agent), name, arrived.Write).Content, Is.EqualTo(Content.Of("big"u8)));
        Assert.That(arrived.ToArray(), Is.EqualTo("big"u8.ToArray()));
    }

    [Test]
    public void An_agent_that_leaves_says_so()
    {
        var agent = _world.Agent();
        Assert.That(agent.Leave(new HeartbeatMarker(9, 3, false, false)), Is.EqualTo(Errno.None));
        Assert.That(_world.Heartbeat(agent), Is.EqualTo(new HeartbeatMarker(9, 0, true, false) { Left = true }));
    }
}
