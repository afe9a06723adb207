using HpcGrid.Bridge.Ledger;
using HpcGrid.Simulate.Parties;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate;

/// <summary>What must hold of jobs over several nodes (J1 to J3): they get all their nodes or do not start, of one pilot, and empty ones.</summary>
internal sealed class GangChecker(Grid grid, Action<string, string> fail)
{
    /// <summary>Runs over several nodes.</summary>
    public long Runs { get; private set; }

    /// <summary>A program was started on the first of its nodes, and told of these.</summary>
    public void Began(Execution execution, IReadOnlyList<string> hosts, Party party)
    {
        Runs++;
        if (hosts.Distinct().Count() != execution.Plan.Nodes) fail("gang", $"job {execution.Attempt} wants {execution.Plan.Nodes} nodes and got {string.Join(',', hosts)}");
        if (grid.Batch.SeatOf(party) is not { } first) return;
        if (hosts[0] != first.Node.Name) fail("gang", $"job {execution.Attempt} begins on {first.Node.Name}, and its first node is {hosts[0]}");
        foreach (var host in hosts)
            if (!first.Pilot.Seats.Exists(seat => seat.Node.Name == host)) fail("gang", $"{host} is no node of {first.Pilot.Tag}, in which job {execution.Attempt} begins");
        // From a gang that is being dissolved the others are free at once: its first one is about to be told.
        if (grid.GangOf(execution.Agent) is not { Stage: GangStage.Offered } gang) return;
        foreach (var seat in first.Pilot.Seats.Where(seat => seat != first && seat.Agent is { } agent && gang.Members.Contains(agent.Name)))
            if (seat.Agent!.Payloads.Any) fail("gang", $"job {execution.Attempt} begins, and {seat.Node.Name} of its nodes has other work");
    }
}
