using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.EndToEnd;

/// <summary>kill -9 of any process at any point: every job ends once, with its outputs.</summary>
public sealed class KillNineTests
{
    private const int Subjobs = 60;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(6);

    [Test]
    public Task Central_killed_at_20_points_loses_nothing() => Survives(grid => { grid.KillCentral(); return grid.StartCentral(); }, kills: 20);

    [Test]
    public Task The_bridge_killed_at_20_points_loses_nothing() =>
        Survives(grid => { grid.KillBridge(); grid.StartBridge(); return Task.CompletedTask; }, kills: 20);

    [Test]
    public Task Agents_killed_at_20_points_lose_nothing()
    {
        var which = 0;
        return Survives(grid => { grid.KillAgent(which++); return Task.CompletedTask; }, kills: 20);
    }

    [Test]
    public Task All_of_them_killed_in_turn_lose_nothing()
    {
        var turn = 0;
        return Survives(async grid =>
        {
            switch (turn++ % 3)
            {
                case 0: grid.KillCentral(); await grid.StartCentral(); break;
                case 1: grid.KillBridge(); grid.StartBridge(); break;
                default: grid.KillAgent(turn); break;
            }
        }, kills: 21);
    }

    /// <summary>Runs a production and strikes at evenly spread moments of its life, the first one right after submission.</summary>
    private static async Task Survives(Func<Grid, Task> strike, int kills)
    {
        await using var grid = await Grid.Start(nodes: 2, cores: 2);
        var master = await grid.Submit(await Production.Prepare(grid, Subjobs, secondsEach: 0.15));
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
        for (var kill = 0; kill < kills; kill++)
        {
            await strike(grid);
            await clock.WaitForNextTickAsync();
        }

        var progress = await grid.UntilFinal(master.Job, Bound);

        Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = Subjobs }));
        await AssertEachEndedOnce(grid, master.Job);
        await Production.AssertResults(grid, Subjobs);
    }

    private static async Task AssertEachEndedOnce(Grid grid, long master)
    {
        await using var client = grid.Connect();
        foreach (var job in await grid.Subjobs(master))
        {
            var trace = await client.Call(new TraceJob(job.Job), CancellationToken.None);
            var done = trace.Events.Count(e => e.What is Ended { State: JobState.Done } && e.Key.Attempt == job.Attempt);
            Assert.That(done, Is.EqualTo(1), $"job {job.Job} ended {done} times");
        }
    }
}
