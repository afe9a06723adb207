using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;

namespace HpcGrid.Tests.Simulation;

/// <summary>Jobs over several nodes in virtual time: all their nodes or none, and again when a node is lost (J1 to J3).</summary>
public sealed class GangSimulationTests
{
    private static readonly IReadOnlyList<string> Profiles = [.. FsProfile.All.Select(profile => profile.Name)];

    [Test]
    public void Jobs_over_two_nodes_and_ordinary_ones_share_their_pilots_and_all_end_once([ValueSource(nameof(Profiles))] string profile)
    {
        using var workshop = new Workshop();
        var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(1, FsProfile.Of(profile), Wide(1, half: true)));
        Assert.Multiple(() =>
        {
            Assert.That(Report.Line(result), Is.Empty);
            Assert.That(result.GangRuns, Is.GreaterThan(0));
            Assert.That(result.Repeated, Is.Zero);
        });
    }

    [Test]
    public void Strict_jobs_whose_nodes_crash_one_by_one_never_run_beside_ranks_that_were_left()
    {
        using var workshop = new Workshop();
        var (runs, repeated) = (0L, 0L);
        for (var seed = 1UL; seed <= 40; seed++)
        {
            var scenario = Wide(seed, half: false) with { EventsPerMinute = 10, HealAt = TimeSpan.FromSeconds(60) };
            scenario = scenario with { Jobs = [.. scenario.Jobs.Select(job => job with { Strict = true, Seconds = 4 })] };
            var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(seed, FsProfile.Of("local"), scenario));
            Assert.That(Report.Line(result), Is.Empty);
            (runs, repeated) = (runs + result.GangRuns, repeated + result.Repeated);
        }
        Assert.That(runs, Is.GreaterThan(100));
        Assert.That(repeated, Is.GreaterThan(10), "nodes were lost in the middle of jobs");
    }

    private static Scenario Wide(ulong seed, bool half)
    {
        var scenario = Scenario.Random(new Dice(seed));
        return scenario with
        {
            FaultShare = 0,
            EventsPerMinute = 0,
            LostAnswers = 0,
            BadBodies = 0,
            Kill = null,
            FirstWalltime = scenario.LongestWalltime,
            Nodes = 4,
            NodesPerPilot = 2,
            Jobs = [.. scenario.Jobs.Select((job, number) => half && number % 2 == 0 ? job : job with { Nodes = 2 })],
        };
    }
}
