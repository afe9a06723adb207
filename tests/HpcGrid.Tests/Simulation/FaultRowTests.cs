using System.Text.RegularExpressions;
using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Simulation;

/// <summary>Every row of the failure catalogue is really injected, and nothing is lost by it.</summary>
public sealed class FaultRowTests
{
    private static readonly string[] Rows = Enum.GetNames<FaultRow>();

    /// <summary>Where a row can happen at all: caches belong to certain filesystems.</summary>
    private static string ProfileFor(FaultRow row) => row switch
    {
        FaultRow.V1 or FaultRow.V2 or FaultRow.V4 or FaultRow.V5 => "nfs3",
        _ => "gluster",
    };

    /// <summary>What a row needs to show itself.</summary>
    private static FaultRow[] With(FaultRow row) => row switch
    {
        FaultRow.L2 or FaultRow.L3 => [row, FaultRow.L1],
        FaultRow.V5 => [row, FaultRow.L1],
        FaultRow.V6 => [row, FaultRow.Z1, FaultRow.Z2],
        _ => [row],
    };

    [Test]
    public void A_row_of_the_catalogue_is_injected_and_loses_nothing([ValueSource(nameof(Rows))] string name)
    {
        var row = Enum.Parse<FaultRow>(name);
        const int most = 120;
        using var workshop = new Workshop();
        for (var seed = 1UL; seed <= most; seed++)
        {
            var order = RunOrder.OfSeed(seed, FsProfile.Of(ProfileFor(row)));
            var result = HpcGrid.Simulate.Simulation.Play(workshop, order with { Scenario = order.Scenario!.With(With(row)) });
            Assert.That(Report.Line(result), Is.Empty);
            if (result.Faults[(int)row] == 0) continue;
            TestContext.Out.WriteLine($"{row} was injected {result.Faults[(int)row]} times by seed {seed}");
            return;
        }
        Assert.Fail($"{most} seeds did not inject {row}");
    }

    [Test]
    public void The_page_lists_every_row_that_the_simulation_injects_and_no_other()
    {
        var page = Repository.Text("src/HpcGrid.Spool/PROTOCOL.md");
        var section = page[page.IndexOf("\n## 8.", StringComparison.Ordinal)..];
        var listed = Regex.Matches(section, @"^\| ([A-Z]\d) \|", RegexOptions.Multiline).Select(match => match.Groups[1].Value);
        Assert.That(listed, Is.EqualTo(Rows));
    }
}
