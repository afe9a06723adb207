using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.EndToEnd;

/// <summary>Work stealing with real nodes: one has claimed everything, another one comes later and has nothing to do.</summary>
public sealed class StealTests
{
    private const int Jobs = 40;

    [Test]
    public async Task A_node_that_comes_later_gets_what_the_first_has_not_begun_and_every_job_is_done_once()
    {
        await using var grid = await Grid.Start(nodes: 1, cores: 1);
        // Short jobs first: the bridge makes large files of what it takes for short.
        await grid.UntilFinal(await Production(grid, "true", 30), TimeSpan.FromMinutes(2));
        var master = await Production(grid, $"echo $0 >> {grid.Folder}/begun; test $0 -gt 20 || sleep 2", Jobs);
        await Eventually.True(() => File.Exists(Path.Combine(grid.Folder, "begun")), TimeSpan.FromMinutes(1), "the first node to begin");
        grid.KillBridge();
        grid.WithNodes(2);
        grid.StartBridge();
        // What waits brings the second node; soon it has nothing to do.
        var last = await Production(grid, "true", 1);
        var progress = await grid.UntilFinal(master, TimeSpan.FromMinutes(4));
        await grid.UntilFinal(last, TimeSpan.FromMinutes(1));
        var subjobs = await grid.Subjobs(master);
        await using var client = grid.Connect();
        var stolen = new List<JobTrace>();
        foreach (var job in subjobs)
        {
            var trace = await client.Call(new TraceJob(job.Job), CancellationToken.None);
            Assert.That(trace.Events.Count(@event => @event.What is Ended), Is.EqualTo(1), $"ends of {job.Job}");
            if (trace.Events.Any(@event => @event.What is Requeued { Reason: "an idle node takes it" })) stolen.Add(trace);
        }
        Assert.Multiple(() =>
        {
            Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = Jobs }));
            Assert.That(subjobs.Select(job => job.Attempt), Is.All.EqualTo(1));
            Assert.That(subjobs.Select(job => job.Node).Distinct(), Is.EquivalentTo(new[] { "node1", "node2" }));
            Assert.That(File.ReadLines(Path.Combine(grid.Folder, "begun")).Select(int.Parse).Order(), Is.EqualTo(Enumerable.Range(1, Jobs)), "each was begun once");
            Assert.That(stolen, Is.Not.Empty, "some were handed back for the idle node");
        });
    }

    private static async Task<long> Production(Grid grid, string script, int jobs) => (await grid.Submit($$"""
        Command      = {"/bin/sh", "-c", "{{script}}"};
        Arguments    = "#alien_counter#";
        Split        = "production:1-{{jobs}}";
        TTL          = 300;
        MemorySize   = "100MB";
        WorkDirectorySize = "50MB";
        """)).Job;
}
