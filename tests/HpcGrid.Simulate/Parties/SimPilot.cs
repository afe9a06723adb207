using HpcGrid.Bridge.Pilots;
using HpcGrid.Simulate.Fs;

namespace HpcGrid.Simulate.Parties;

/// <summary>One batch job.</summary>
internal sealed class SimPilot(string tag, string batchId, TimeSpan walltime)
{
    public string Tag { get; } = tag;
    public string BatchId { get; } = batchId;
    public TimeSpan Walltime { get; } = walltime;
    public BatchState State { get; set; } = BatchState.Queued;

    /// <summary>Its nodes, once it runs.</summary>
    public List<SimSeat> Seats { get; } = [];
    public TimeSpan EndsAt { get; set; }

    /// <summary>What the batch system tells of single nodes.</summary>
    public IReadOnlyList<string> EndedNodes => [.. Seats.Where(seat => seat.IsEmpty && !seat.Node.Down).Select(seat => seat.Node.Name)];
}

/// <summary>One node of a pilot.</summary>
internal sealed class SimSeat(SimPilot pilot, SimNode node)
{
    public SimPilot Pilot { get; } = pilot;
    public SimNode Node { get; } = node;
    public SimAgent? Agent { get; set; }

    /// <summary>Processes under the agent's name beside it (Z6): of its batch job, too.</summary>
    public List<SimAgent> Copies { get; } = [];

    public IEnumerable<SimAgent> Agents => Agent is { } agent ? Copies.Prepend(agent) : Copies;

    /// <summary>Somebody under the agent's name lives, and will say when he ends.</summary>
    public bool IsManned => Agents.Any(agent => agent is { Left: false, Party.Dead: false });

    /// <summary>Nobody can reach the node: neither does what is on it end, nor is it known to have ended.</summary>
    public bool Unreachable { get; set; }

    /// <summary>No process of the pilot is left on it.</summary>
    public bool IsEmpty => Agent is not null && !IsManned && !Agents.Any(agent => agent.Payloads.Any) && Node.Ranks.Count == 0;
}

/// <summary>A compute node: its client of the shared filesystem outlives the agents on it.</summary>
internal sealed class SimNode(string name, Mount mount)
{
    public string Name { get; } = name;
    public Mount Mount { get; set; } = mount;
    public SimPilot? Pilot { get; set; }
    public bool Down { get; set; }

    /// <summary>Runs of jobs over several nodes that have a rank here, and their first one elsewhere.</summary>
    public List<Execution> Ranks { get; } = [];
}
