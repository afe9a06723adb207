using System.Security.Cryptography;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>Copy threads beside the one that does the rest.</summary>
public sealed class AgentSpoolThreadsTests
{
    private const int Threads = 4, OutputsEach = 25, Versions = 40;

    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public async Task Large_outputs_and_versions_are_published_by_several_threads_at_once()
    {
        var agent = _world.Agent();
        var place = new AgentPlace(agent.Card.Agent);
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var cached = Content.Of(bytes);
        using (var source = new MemoryStream(bytes))
            Assert.That(_world.Bridge().Cache.Put(cached, source.Read).Errno, Is.EqualTo(Errno.None));
        using var done = new CancellationTokenSource();
        var remounting = Task.Run(() => Remount(done.Token));
        var copying = Enumerable.Range(0, Threads).Select(thread => Task.Run(() => Copy(agent, thread, cached))).ToList();
        for (var sequence = 1; sequence <= Versions; sequence++) PublishAndBeat(agent, sequence);
        var outputs = (await Task.WhenAll(copying)).SelectMany(each => each).ToList();
        await done.CancelAsync();
        await remounting;

        var seen = _world.Bridge().Agents.Observe(place);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Outputs, Is.EquivalentTo(outputs.Select(output => output.Name)));
            Assert.That(seen.Versions[new QueueName(7, 1)], Is.EqualTo(new VersionName(new QueueName(7, 1), Versions, false)));
            Assert.That(_world.Heartbeat(agent)!.Value.Number, Is.EqualTo(Versions));
            Assert.That(_world.Temporaries(), Is.Empty);
        });
        foreach (var (name, content) in outputs)
            Assert.That(_world.Bridge().Agents.CopyOutput(place, name, _ => { }).Content, Is.EqualTo(content), $"{name}");
    }

    private void PublishAndBeat(AgentSpool agent, long sequence)
    {
        var image = WorkQueueImage.Write(SpoolWorld.Version(agent.Card.Agent, 7, sequence));
        Assert.That(agent.PublishVersion(new VersionName(new QueueName(7, 1), sequence, false), image), Is.EqualTo(Errno.None));
        Assert.That(agent.RemoveOldVersions(new QueueName(7, 1)), Is.EqualTo(Errno.None));
        Assert.That(agent.Heartbeat(new HeartbeatMarker(sequence, 0, false, false)), Is.EqualTo(Errno.None));
    }

    private static List<(OutputName Name, Content Content)> Copy(AgentSpool agent, int thread, Content cached)
    {
        var published = new List<(OutputName, Content)>();
        for (var i = 0; i < OutputsEach; i++)
        {
            Assert.That(agent.CopyFromCache(cached.Sha256, _ => { }).Content, Is.EqualTo(cached));
            var name = new OutputName(new AttemptId(thread + 1, 1), 0, i, "x.root");
            var bytes = RandomNumberGenerator.GetBytes(1000 + i);
            using var source = new MemoryStream(bytes);
            Assert.That(agent.PublishLargeOutput(name, source.Read), Is.EqualTo(new CopiedContent(Errno.None, Content.Of(bytes))));
            published.Add((name, Content.Of(bytes)));
        }
        return published;
    }

    /// <summary>The sentinel becomes another file again and again, so that the threads have to remember a new one.</summary>
    private void Remount(CancellationToken done)
    {
        var sentinel = _world.Root.Layout.Sentinel;
        while (!done.IsCancellationRequested)
        {
            File.Copy(sentinel, sentinel + ".copy", overwrite: true);
            File.Move(sentinel + ".copy", sentinel, overwrite: true);
        }
    }
}
