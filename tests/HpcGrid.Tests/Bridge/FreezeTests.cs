using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Tests.Bridge;

/// <summary>The freeze rule (PROTOCOL 6): many agents that fall silent together mean that the filesystem is ill, not they.</summary>
public sealed class FreezeTests
{
    private readonly BridgeRig _rig = new();
    private readonly List<PlayedAgent> _agents = [];

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void Agents_that_fall_silent_together_are_not_given_up()
    {
        Join(5);
        Pass(seconds: 2000, beating: 3);
        Assert.That(_rig.Batch.Cancelled, Is.Empty);
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = BatchState.Ended;
        _rig.Until(() => _agents.All(agent => agent.Spool.CheckLive() != HpcGrid.Spool.Liveness.Live), "the batch system's word counts all the same");
    }

    [Test]
    public void One_of_many_that_falls_silent_is_given_up()
    {
        Join(5);
        Pass(seconds: 590, beating: 4);
        Assert.That(_rig.Batch.Cancelled, Is.Empty);
        Pass(seconds: 60, beating: 4);
        _rig.Until(() => _rig.Central.Nodes.SingleOrDefault(node => node.Node == "node4")?.State == "gone", "it is given up");
        Assert.That(_rig.Batch.Cancelled, Is.Empty, "others of its pilot live");
    }

    [Test]
    public void The_last_of_its_pilot_that_falls_silent_is_given_up_with_its_pilot()
    {
        Join(1);
        Pass(seconds: 650, beating: 0);
        _rig.Until(() => !_rig.Batch.Cancelled.IsEmpty, "its pilot is cancelled");
    }

    private void Join(int count)
    {
        for (var i = 0; i < count; i++) _agents.Add(_rig.Agent($"node{i}"));
        foreach (var agent in _agents) agent.Beat();
        _rig.Ticks(20);
    }

    private void Pass(int seconds, int beating)
    {
        for (var passed = 0; passed < seconds; passed += 5)
        {
            foreach (var agent in _agents.Take(beating)) agent.Beat();
            _rig.Ticks(1, 5);
        }
    }
}
