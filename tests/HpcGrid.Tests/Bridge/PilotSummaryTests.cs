using System.Text.Json;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Bridge;

/// <summary>The last words of agents, from the output of their pilots to status.json (R-H14).</summary>
public sealed class PilotSummaryTests
{
    private static readonly AgentSummary First = new("a1", "node1", 12, 200, 10, "nothing to do"), Second = new("a2", "node2", 3, 200, 90, "its time is over");

    [Test]
    public void Words_are_found_among_other_lines_and_what_is_cut_is_none()
    {
        Assert.That(AgentSummary.Find("2026-01-01T00:00:00 INF " + First.ToLine()), Is.EqualTo(First));
        for (var length = 0; length < First.ToLine().Length; length++)
            Assert.That(AgentSummary.Find(First.ToLine()[..length]), Is.Null, First.ToLine()[..length]);
        Assert.That(AgentSummary.Find("summary {}"), Is.Null);
        Assert.That(AgentSummary.Find(""), Is.Null);
    }

    [Test]
    public void Agents_of_a_pilot_are_taken_together()
    {
        var summary = PilotSummary.Of("p1", DateTimeOffset.UnixEpoch, [First, Second, First]);
        Assert.That(summary.Words, Is.EqualTo("3 agents ran 27 jobs, 18.3 % of their cores' time idle: nothing to do; its time is over"));
    }

    [Test]
    public async Task A_pilot_without_output_has_no_summary() => Assert.That(await PilotSummary.Read("/no/such/file", default), Is.Empty);

    [Test]
    public void What_a_pilot_did_is_shown_when_it_has_ended()
    {
        using var rig = new BridgeRig();
        var pilot = rig.Pilot();
        rig.Batch.Logs = rig.Options.State;
        File.WriteAllText(rig.Batch.LogOf(pilot), $"loading modules\n{First.ToLine()}\nnoise {Second.ToLine()}\n");
        rig.Batch.Pilots[pilot] = BatchState.Ended;
        var status = Path.Combine(rig.Options.State, "status.json");
        rig.Until(() => File.Exists(status) && File.ReadAllText(status).Contains("nothing to do", StringComparison.Ordinal), "status.json shows it");
        using var shown = JsonDocument.Parse(File.ReadAllText(status));
        var ended = shown.RootElement.GetProperty("endedPilots")[0];
        Assert.That((ended.GetProperty("pilot").GetString(), ended.GetProperty("agents").GetInt32(), ended.GetProperty("jobs").GetInt64()), Is.EqualTo((pilot, 2, 15L)));
    }
}
