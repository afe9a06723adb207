namespace HpcGrid.EndToEnd;

/// <summary>The main job: from submission to verified outputs, through nodes that have no network.</summary>
public sealed class NetworklessNodesTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    [Test]
    public async Task A_production_runs_on_nodes_without_network_and_every_output_arrives()
    {
        const int Subjobs = 40;
        await using var grid = await Grid.Start(nodes: 3);
        var master = await grid.Submit(await Production.Prepare(grid, Subjobs));
        Assert.That(master.Subjobs, Is.EqualTo(Subjobs));

        var progress = await grid.UntilFinal(master.Job, Bound);

        Assert.Multiple(() =>
        {
            Assert.That(progress.State, Is.EqualTo("DONE"));
            Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = Subjobs }));
        });
        await Production.AssertResults(grid, Subjobs);
    }

    [Test]
    public async Task A_payload_sees_no_interface_but_a_dead_loopback()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var master = await grid.Submit(await Production.Prepare(grid, 1));
        var nodes = await Nodes(grid);
        Assume.That(nodes, Does.Contain("\"none\""), "this kernel allows no network namespaces; the nodes are not cut off");
        await grid.UntilFinal(master.Job, Bound);
        Assert.That((await grid.Ok("cat", Production.Output(1, "interfaces.txt"))).Trim(), Is.EqualTo("lo"));
    }

    [Test]
    public async Task Nothing_is_left_running_when_the_grid_is_taken_down()
    {
        var grid = await Grid.Start(nodes: 2);
        var master = await grid.Submit(await Production.Prepare(grid, 4, secondsEach: 60));
        await Eventually.True(async () => (await grid.Subjobs(master.Job)).Any(job => job.State == "RUNNING"), Bound, () => "a payload to run");
        var folder = grid.Folder;
        await grid.Stop();
        Assert.That(GridProcess.Of(folder), Is.Empty);
        await grid.DisposeAsync();
        Assert.That(Directory.Exists(folder), Is.False);
    }

    private static async Task<string> Nodes(Grid grid)
    {
        var said = "";
        await Eventually.True(async () => (said = await grid.Ok("nodes", "--json")).Contains("\"network\"", StringComparison.Ordinal), Bound, () => "a node to report");
        return said;
    }
}
