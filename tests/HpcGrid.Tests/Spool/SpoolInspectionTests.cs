using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>Looking into a spool from outside: everything is seen, nothing is changed.</summary>
public sealed class SpoolInspectionTests
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(25);
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void Every_file_is_told_by_its_kind_and_a_walk_changes_nothing()
    {
        var agent = Busy();
        var before = _world.Everything();
        var census = SpoolWalk.Take(_world.Root);
        Assert.Multiple(() =>
        {
            Assert.That(census.Things.Select(thing => thing.Kind), Has.None.EqualTo(ThingKind.Foreign));
            foreach (var kind in (ThingKind[])[ThingKind.Sentinel, ThingKind.Offer, ThingKind.Claim, ThingKind.Version, ThingKind.Message, ThingKind.Lease, ThingKind.Card,
                ThingKind.Heartbeat, ThingKind.Cached, ThingKind.Keys])
                Assert.That(census.Of(kind).Count(), Is.EqualTo(1), $"{kind}");
            Assert.That(census.Places(), Is.EqualTo(new[] { new AgentPlace(agent.Card.Agent) }));
            Assert.That(census.Heartbeats().Keys, Is.EqualTo(new[] { agent.Card.Agent }));
            Assert.That(_world.Everything(), Is.EqualTo(before));
            Assert.That(SpoolSuspicions.OfOne(census), Is.Empty);
        });
    }

    [Test]
    public void What_is_whole_is_read_without_a_word_and_what_is_damaged_is_told()
    {
        Busy();
        var reading = new SpoolReading(_world.Root);
        var files = SpoolWalk.Take(_world.Root).Things.Where(thing => SpoolReading.HasContent(thing.Kind)).ToList();
        Assert.That(files, Has.Count.EqualTo(7));
        Assert.That(files.Select(reading.FaultOf), Is.All.Null);
        foreach (var file in files)
        {
            var path = Path.Combine(_world.SpoolPath, file.Path);
            var bytes = File.ReadAllBytes(path);
            bytes[bytes.Length / 3] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.That(reading.FaultOf(file), Is.Not.Null, file.Path);
            File.Delete(path);
            Assert.That(reading.FaultOf(file), Is.Null, "what is gone meanwhile is nobody's fault");
        }
    }

    [Test]
    public void A_queue_file_under_another_name_is_told()
    {
        var entry = _world.Offer(3);
        File.Move(Path.Combine(_world.SpoolPath, "pool/01", entry.FileName), Path.Combine(_world.SpoolPath, "pool/01", (entry with { Name = new QueueName(5, 1) }).FileName));
        var thing = SpoolWalk.Take(_world.Root).Of(ThingKind.Offer).Single();
        Assert.That(new SpoolReading(_world.Root).FaultOf(thing), Is.EqualTo("it is q3.g1 under the name of q5.g1"));
    }

    [Test]
    public void What_does_not_belong_is_foreign_whatever_it_is()
    {
        var agent = _world.Agent();
        File.WriteAllText(Path.Combine(_world.SpoolPath, "pool/00/notes.txt"), "x");
        Directory.CreateDirectory(Path.Combine(_world.SpoolPath, "pool/00/q1.g1.c1.m1.t1.n1.db"));
        File.CreateSymbolicLink(Path.Combine(_world.LivePath(agent.Card.Agent), "claim", "q7.g1.db"), "/etc/passwd");
        File.WriteAllText(Path.Combine(_world.SpoolPath, "agents/.new.x"), "");
        var suspicions = SpoolSuspicions.OfOne(SpoolWalk.Take(_world.Root)).Where(suspicion => suspicion.What.Contains("belong", StringComparison.Ordinal)).ToList();
        Assert.That(suspicions.Select(suspicion => suspicion.Path), Is.EquivalentTo(new[]
        {
            "pool/00/notes.txt", "pool/00/q1.g1.c1.m1.t1.n1.db", $"agents/{agent.Card.Agent}/live/claim/q7.g1.db", "agents/.new.x",
        }));
    }

    [Test]
    public void Two_claims_of_one_file_are_harmful()
    {
        Keys();
        var (a, b) = (_world.Agent("n1"), _world.Agent("n2"));
        foreach (var agent in (AgentSpool[])[a, b])
            File.WriteAllBytes(Path.Combine(_world.LivePath(agent.Card.Agent), "claim", "q7.g1.db"), [1]);
        var suspicion = SpoolSuspicions.OfOne(SpoolWalk.Take(_world.Root)).Single();
        Assert.That((suspicion.IsHarmful, suspicion.What), Is.EqualTo((true, "both have claimed q7.g1.db")));
    }

    [Test]
    public void What_has_not_moved_between_two_looks_is_stuck()
    {
        var agent = Busy(final: true);
        var temporary = Path.Combine(_world.SpoolPath, "pool/00", SpoolNames.Temporary(1, "ab1"));
        File.WriteAllText(temporary, "");
        var before = SpoolWalk.Take(_world.Root);
        var stuck = SpoolSuspicions.OfTwo(before, SpoolWalk.Take(_world.Root), Apart).ToList();
        Assert.That(stuck.Select(suspicion => suspicion.What.Split(' ', 3)[1]), Is.EquivalentTo(new[] { "heartbeat", "message", "final", "unfinished", "lease" }));

        agent.Heartbeat(new HeartbeatMarker(7, 1, false, false) { Applied = 1 });
        _world.Bridge().Agents.Lease(agent.Card.Agent, 2);
        agent.DropQueue(new QueueName(2, 1), []);
        File.Delete(temporary);
        Assert.That(SpoolSuspicions.OfTwo(before, SpoolWalk.Take(_world.Root), Apart), Is.Empty);
    }

    [Test]
    public void An_agent_that_has_said_good_bye_is_not_silent()
    {
        Keys();
        var agent = _world.Agent();
        agent.Leave(new HeartbeatMarker(9, 0, true, false));
        var before = SpoolWalk.Take(_world.Root);
        Assert.That(SpoolSuspicions.OfTwo(before, SpoolWalk.Take(_world.Root), Apart), Is.Empty);
    }

    [Test]
    public void In_a_spool_whose_work_is_over_what_stands_for_work_is_wrong_and_what_agents_and_bridge_have_is_not()
    {
        var agent = Busy();
        File.WriteAllText(Path.Combine(_world.SpoolPath, "cache", "03", ".t.e1.ab"), "half"); // beside the cached file
        var found = SpoolSuspicions.OfIdle(SpoolWalk.Take(_world.Root)).ToList();
        var home = $"agents/{agent.Card.Agent}/live";
        Assert.That(found.Select(suspicion => suspicion.Path[..suspicion.Path.LastIndexOf('/')]), Is.EquivalentTo(
            new[] { "pool/00", $"{home}/claim", $"{home}/out", "cache/03" }));
        Assert.That(found.Select(suspicion => suspicion.IsHarmful), Is.All.True);
    }

    /// <summary>A spool in the middle of its work: one file of every kind.</summary>
    private AgentSpool Busy(bool final = false)
    {
        Keys();
        var agent = _world.Agent();
        var claimed = _world.Offer(2);
        Assert.That(agent.TryClaim(claimed), Is.EqualTo(Errno.None));
        _world.Offer(4);
        var version = new VersionName(claimed.Name, 1, final);
        Assert.That(agent.PublishVersion(version, WorkQueueImage.Write(WorkQueueVersionOf(agent, final))), Is.EqualTo(Errno.None));
        _world.Bridge().Agents.Send(agent.Card.Agent, 1, new Kill(new AttemptId(1, 1)));
        _world.Bridge().Agents.Lease(agent.Card.Agent, 1);
        var cached = new byte[] { 1, 2, 3 };
        var sha = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(cached));
        Directory.CreateDirectory(Path.Combine(_world.SpoolPath, "cache", sha[..2]));
        File.WriteAllBytes(Path.Combine(_world.SpoolPath, "cache", sha[..2], sha), cached);
        return agent;
    }

    private static WorkQueueVersion WorkQueueVersionOf(AgentSpool agent, bool final) => SpoolWorld.Version(agent.Card.Agent, 2, 1, final);

    private void Keys() => Assert.That(_world.Bridge().PublishKeys(new PublishedKeys(1, ["a key"], null)), Is.EqualTo(Errno.None));
}
