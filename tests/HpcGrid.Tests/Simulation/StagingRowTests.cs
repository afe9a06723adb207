using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Simulate.World;

namespace HpcGrid.Tests.Simulation;

/// <summary>Inputs in virtual time: what a payload finds is what its job was promised, whatever strikes on the way.</summary>
public sealed class StagingRowTests
{
    // Who writes the cache lists it too: names that others show late (V1, V2, V4 to V6) are no question there, links, agents and ledgers neither.
    private static readonly string[] Rows =
        ["R1", "R2", "R3", "R4", "R5", "X1", "V3", "P1", "P2", "P3", "P4", "W1", "W2", "W3", "W4", "W5", "W6", "S1", "S2", "S3", "S4", "S5", "M3"];

    [Test]
    public void A_row_of_the_catalogue_strikes_at_the_cache_and_no_payload_sees_other_bytes([ValueSource(nameof(Rows))] string name)
    {
        var row = Enum.Parse<FaultRow>(name);
        const int most = 60;
        using var workshop = new Workshop();
        for (var seed = 1UL; seed <= most; seed++)
        {
            var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(seed, FsProfile.Of("gluster"), Staging(seed).With([row])));
            Assert.That(Report.Line(result), Is.Empty);
            if (result.StagingFaults[(int)row] == 0 || result.Staging.Fed == 0) continue;
            TestContext.Out.WriteLine($"{row} struck {result.StagingFaults[(int)row]} times at the cache in seed {seed}");
            return;
        }
        Assert.Fail($"{most} seeds did not inject {row} there");
    }

    [Test]
    public void Wrong_short_and_missing_bodies_are_never_an_input()
    {
        using var workshop = new Workshop();
        var bad = 0L;
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(seed, FsProfile.Of("local"), Staging(seed) with { BadBodies = 0.4, DamagedCopies = true }));
            Assert.That(Report.Line(result), Is.Empty);
            bad += result.Staging.BadBodies;
        }
        Assert.That(bad, Is.GreaterThan(100));
    }

    [Test]
    public void Files_that_no_job_needs_leave_a_cache_that_is_full_and_no_others_do()
    {
        using var workshop = new Workshop();
        var evicted = 0L;
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var scenario = Staging(seed) with { FirstWalltime = TimeSpan.FromSeconds(150) };
            scenario = scenario with { Jobs = [.. scenario.Jobs.Select(job => job with { Seconds = 8 })] };
            var result = HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(seed, FsProfile.Of("lustre"), scenario));
            Assert.That(Report.Line(result), Is.Empty);
            evicted += result.Staging.Evicted;
        }
        Assert.That(evicted, Is.GreaterThan(20));
    }

    [Test]
    public void The_same_seed_with_inputs_gives_the_same_history()
    {
        var digests = Enumerable.Range(0, 2).Select(_ =>
        {
            using var workshop = new Workshop();
            return HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(7, FsProfile.Of("gluster"), Staging(7) with { BadBodies = 0.2, FaultShare = 0.3 })).Digest;
        });
        Assert.That(digests.Distinct().Count(), Is.EqualTo(1));
    }

    /// <summary>Every job needs every kind of file; nothing else happens.</summary>
    private static Scenario Staging(ulong seed)
    {
        const Inputs all = Inputs.Shared | Inputs.Large | Inputs.Member | Inputs.Table | Inputs.Private | Inputs.PrivateLarge;
        var scenario = Scenario.Random(new Dice(seed));
        return scenario with { FaultShare = 0, EventsPerMinute = 0, LostAnswers = 0, Jobs = [.. scenario.Jobs.Select(job => job with { Inputs = all })] };
    }
}
