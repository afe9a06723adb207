using HpcGrid.Core.Sites;

namespace HpcGrid.Spool;

/// <summary>What an agent is, written once into live/card.json before `live` appears.</summary>
/// <param name="Agent">Its name, "batch id.node.nonce".</param>
/// <param name="Node">The node's name.</param>
/// <param name="Pilot">The bridge's tag of the pilot.</param>
/// <param name="BatchId">The batch system's job id.</param>
/// <param name="Cores">Cores it may use.</param>
/// <param name="MemoryMib">Memory it may use, MiB.</param>
/// <param name="DiskMib">Room for sandboxes, MiB.</param>
/// <param name="Network">What it found: "none" when it sees no interface but loopback.</param>
/// <param name="Deadline">When the batch system ends it (node's clock), or null.</param>
/// <param name="ProcessId">For people; nothing is decided by it.</param>
public sealed record AgentCard(
    string Agent,
    string Node,
    string Pilot,
    string BatchId,
    int Cores,
    long MemoryMib,
    long DiskMib,
    string Network,
    DateTimeOffset? Deadline,
    int ProcessId)
{
    /// <summary>GPUs and whatever else is counted on the node.</summary>
    public Counters Counters { get; init; } = Counters.None;

    /// <summary>Seconds until <see cref="Deadline"/> when the card was written: what a reader whose clock is another goes by. Null when no end is known.</summary>
    public double? LifeSeconds { get; init; }
}
