using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>An agent's word for what it has in the spool is the bridge's, once it sees all of it.</summary>
public sealed class HoldingsWordTests
{
    private static readonly QueueName First = new(1, 1), Second = new(2, 1);
    private readonly SpoolWorld _world = new();
    private long _beat;

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void What_an_agent_says_it_has_is_what_the_bridge_lists()
    {
        var (agent, bridge) = (_world.Agent(), _world.Bridge());
        Says(agent, bridge, "nothing");
        foreach (var name in (QueueName[])[First, Second])
        {
            File.WriteAllBytes(Path.Combine(_world.SpoolPath, "agents", agent.Card.Agent, "live", "claim", name.FileName), Trailer.Seal("no queue file"u8));
            _ = agent.ReadClaim(name);
        }
        Says(agent, bridge, "two claims");
        for (var sequence = 1; sequence <= 5; sequence++)
        {
            agent.PublishVersion(new VersionName(First, sequence, Final: sequence == 5), Trailer.Seal("version"u8));
            agent.RemoveOldVersions(First);
            Says(agent, bridge, $"version {sequence}");
        }
        var answer = new PeekAnswer(Guid.NewGuid(), null, null);
        agent.PublishAnswer(answer);
        Says(agent, bridge, "an answer");
        agent.RemoveAnswer(answer.Order);
        agent.DropQueue(First, []);
        Says(agent, bridge, "one claim");
    }

    [Test]
    public void A_version_of_which_nobody_knows_whether_it_is_there_is_not_in_the_word()
    {
        var fs = new FaultyFs(_world.Fs);
        var (agent, bridge) = (_world.Agent(fs: fs), _world.Bridge());
        fs.Rule = (kind, _, _) => kind == FsOperation.Rename ? new Fault(Errno.EIO) : null;
        Assert.That(agent.PublishVersion(new VersionName(First, 1, Final: false), Trailer.Seal("version"u8)), Is.EqualTo(Errno.EIO));
        fs.Rule = (_, _, _) => null;
        Says(agent, bridge, "no version");
    }

    [Test]
    public void It_depends_on_each_thing_and_on_no_order()
    {
        uint[] words =
        [
            Word(), Word(First), Word(Second), Word(new QueueName(1, 2)), Word(First, Second), HoldingsWord.Of([], [new VersionName(First, 1, false)], []),
            HoldingsWord.Of([], [new VersionName(First, 1, true)], []), HoldingsWord.Of([], [new VersionName(First, 2, false)], []),
            HoldingsWord.Of([], [], [new AnswerName(Guid.NewGuid())]),
        ];
        Assert.That(words, Is.Unique.And.None.Zero);
        Assert.That(Word(Second, First), Is.EqualTo(Word(First, Second)));

        static uint Word(params QueueName[] claims) => HoldingsWord.Of(claims, [], []);
    }

    private void Says(AgentSpool agent, BridgeSpool bridge, string what)
    {
        _beat++;
        Assert.That(agent.Heartbeat(new HeartbeatMarker(_beat, 1, false, false)), Is.EqualTo(Errno.None));
        var told = bridge.Agents.ListHeartbeats().Items.Single(beat => beat.Agent == agent.Card.Agent).Marker;
        Assert.That(bridge.Agents.Observe(new AgentPlace(agent.Card.Agent)).Word, Is.EqualTo(told.Holdings), what);
    }
}
