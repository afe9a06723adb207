using HpcGrid.Core.Api;

namespace HpcGrid.EndToEnd;

/// <summary>Jobs over several nodes, on real agents of real pilots.</summary>
public sealed class GangTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    [Test]
    public async Task Jobs_over_two_nodes_and_ordinary_ones_share_the_pilots_and_all_end_well()
    {
        await using var grid = await Grid.Start(nodes: 4, cores: 2, more: "  nodesPerPilot: 2");
        var small = (await grid.Submit(Ordinary(60))).Job;
        var wide = new List<long>();
        for (var i = 0; i < 4; i++) wide.Add((await grid.Submit(Wide("sleep 0.2; echo $HPCGRID_RANK $HPCGRID_NODE $HPCGRID_TASKS > rank.$HPCGRID_RANK"))).Job);
        foreach (var job in wide) Assert.That((await grid.UntilFinal(job, Bound)).State, Is.EqualTo("DONE"));
        Assert.That((await grid.UntilFinal(small, Bound)).States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 60 }));
        foreach (var job in wide)
        {
            var ranks = await grid.Read(Enumerable.Range(0, 4).Select(rank => $"/hpcgrid/user/p/physicist/hpcgrid-job-{job}/rank.{rank}"));
            var words = ranks.Select(line => line.Trim().Split(' ')).ToList();
            Assert.Multiple(() =>
            {
                Assert.That(words.Select(word => word[0]), Is.EqualTo(new[] { "0", "1", "2", "3" }));
                Assert.That(words.Select(word => word[1]).Distinct().Count(), Is.EqualTo(2));
                Assert.That(words.Select(word => word[2]), Is.All.EqualTo("4"));
            });
        }
    }

    [Test]
    public async Task When_a_node_of_a_running_gang_dies_the_job_gets_other_nodes_and_no_retry_is_charged()
    {
        await using var grid = await Grid.Start(nodes: 4, cores: 1, more: "  nodesPerPilot: 2");
        var (flag, runs) = (Path.Combine(grid.Folder, "go"), Path.Combine(grid.Folder, "runs"));
        var job = (await grid.Submit(Wide($"echo $HPCGRID_NODE >> {runs}; while [ ! -e {flag} ]; do sleep 0.05; done; hostname > rank.$HPCGRID_RANK"))).Job;
        List<string> NodesThatRan() => File.Exists(runs) ? [.. File.ReadAllLines(runs).Distinct()] : [];
        await Eventually.True(() => NodesThatRan().Count == 2, Bound, "the job to run on two nodes");
        await using var client = grid.Connect();
        JobLine? line = null;
        await Eventually.True(async () =>
        {
            line = (await client.Call(new ListJobs { Jobs = [job] }, CancellationToken.None)).Jobs.SingleOrDefault();
            return line is { State: "RUNNING", Node: not null };
        }, Bound, () => "central to know that it runs");
        var other = NodesThatRan().Single(node => node != line!.Node);
        Daemon.KillNine(grid.Agents().Single(agent => agent.Node == other).Process);
        await Eventually.True(() => NodesThatRan().Count > 2, Bound, "the job to run on other nodes");
        await File.WriteAllTextAsync(flag, "");
        Assert.That((await grid.UntilFinal(job, Bound)).State, Is.EqualTo("DONE"));
        var done = (await client.Call(new ListJobs { Jobs = [job] }, CancellationToken.None)).Jobs.Single();
        Assert.That(done.Attempt, Is.EqualTo(1));
    }

    private static string Wide(string script) => $$"""
        Command      = {"/bin/sh", "-c", "{{script}}"};
        NodeCount    = 2;
        TasksPerNode = 2;
        Output       = {"rank.*"};
        TTL          = 120;
        MemorySize   = "100MB";
        WorkDirectorySize = "50MB";
        """;

    private static string Ordinary(int jobs) => $$"""
        Command      = {"/bin/sh", "-c", "sleep 0.1"};
        Split        = "production:1-{{jobs}}";
        TTL          = 120;
        MemorySize   = "100MB";
        WorkDirectorySize = "50MB";
        """;
}
