using HpcGrid.Core.Api;

namespace HpcGrid.EndToEnd;

/// <summary>R-A13 with real nodes: one of three fails every job at once, and would swallow the production.</summary>
public sealed class BlackHoleTests
{
    private const int Jobs = 150;

    [Test]
    public async Task A_node_that_fails_every_job_at_once_is_avoided_and_the_others_do_the_work()
    {
        await using var grid = await Grid.Start(nodes: 3, cores: 2);
        var master = (await grid.Submit($$"""
            Command      = {"/bin/sh", "-c", "test $HPCGRID_NODE != node1 && sleep 0.3"};
            Split        = "production:1-{{Jobs}}";
            ResubmitType = "ERROR_E";
            RetryCount   = 10;
            TTL          = 120;
            MemorySize   = "100MB";
            WorkDirectorySize = "50MB";
            """)).Job;
        var progress = await grid.UntilFinal(master, TimeSpan.FromMinutes(3));
        var subjobs = await grid.Subjobs(master);
        await using var client = grid.Connect();
        var nodes = (await client.Call(new ListNodes(), CancellationToken.None)).Bridges.SelectMany(bridge => bridge.Nodes).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = Jobs }));
            Assert.That(subjobs.Select(job => job.Node).Distinct(), Is.EquivalentTo(new[] { "node2", "node3" }));
            Assert.That(subjobs.Count(job => job.Attempt > 1), Is.GreaterThanOrEqualTo(5), "the black hole has failed some before it was found");
            Assert.That(BridgeLog(grid), Does.Contain("node1 is a black hole"));
            Assert.That(nodes.Where(node => node.State == "running").Select(node => node.Node), Is.EquivalentTo(new[] { "node2", "node3" }));
        });
    }

    private static string BridgeLog(Grid grid) =>
        string.Concat(Directory.EnumerateFiles(grid.Folder, "*.log", SearchOption.AllDirectories).Where(file => Path.GetFileName(file).Contains("bridge", StringComparison.Ordinal)).Select(Read));

    private static string Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
