using System.Text.Json;
using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Mutants;

namespace HpcGrid.Tests.Simulation;

/// <summary>tools/simulate as people and scripts use it.</summary>
public sealed class SimulateCommandTests
{
    [Test]
    public void The_help_names_every_profile_mutant_moment_and_fate()
    {
        var names = FsProfile.All.Select(profile => profile.Name).Concat(Mutation.All.Select(mutant => mutant.Name))
            .Concat(Enum.GetNames<Moment>()).Concat(Enum.GetNames<Fate>());
        Assert.That(names.Where(name => !SimulateOptions.Help.Contains(name, StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("--seeds")]
    [TestCase("--seeds", "0")]
    [TestCase("--profile", "fat32")]
    [TestCase("--mutant", "Nobody")]
    [TestCase("--faster")]
    public void A_wrong_option_is_refused_in_words(params string[] arguments) =>
        Assert.That(() => SimulateOptions.Parse(arguments), Throws.ArgumentException.With.Message.Not.Empty);

    [Test]
    public void The_table_and_the_document_tell_every_row_of_the_catalogue_and_what_was_lost()
    {
        using var workshop = new Workshop();
        var totals = new Totals();
        totals.Add(HpcGrid.Simulate.Simulation.Play(workshop, RunOrder.OfSeed(3, FsProfile.Of("nfs3"))));
        var table = Report.Table(totals, TimeSpan.FromSeconds(1));
        using var document = JsonDocument.Parse(Report.Json(totals, TimeSpan.FromSeconds(1)));
        Assert.Multiple(() =>
        {
            foreach (var row in Enum.GetNames<FaultRow>())
            {
                Assert.That(table, Does.Contain($"{row} "));
                Assert.That(document.RootElement.GetProperty("faults").TryGetProperty(row, out _), row);
            }
            Assert.That(table, Does.Contain("| jobs not final at the end | 0 |").And.Contain("| violations | 0 |"));
            Assert.That(document.RootElement.GetProperty("simulations").GetInt64(), Is.EqualTo(1));
        });
    }

    [Test]
    public void A_history_is_a_table_with_the_steps_of_the_protocol()
    {
        using var workshop = new Workshop();
        using var text = new StringWriter();
        Report.History(HpcGrid.Simulate.Simulation.Play(workshop, new RunOrder(1, FsProfile.Of("local"), Scenario.Small), keepHistory: true), text);
        foreach (var step in (string[])["E1", "B2", "A1", "A2", "A3", "A5", "A6", "B3", "B4", "B5", "K1", "F3"]) Assert.That(text.ToString(), Does.Match($@" {step} +\w+ "));
    }
}
