using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Bridge;

/// <summary>What the bridge writes to status.json in its state directory about every second, for people, `hpcgrid local status` and benchmarks.</summary>
public sealed record BridgeStatus
{
    public required string Bridge { get; init; }
    public required string Site { get; init; }
    public required int ProcessId { get; init; }
    public required DateTimeOffset At { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>This bridge's generation in the spool (E1).</summary>
    public required long Epoch { get; init; }
    /// <summary>A connection with central is open.</summary>
    public required bool Connected { get; init; }
    /// <summary>Held jobs by stage: assigned, ready, queued, saving.</summary>
    public required IReadOnlyDictionary<string, long> Jobs { get; init; }
    /// <summary>Events waiting for central.</summary>
    public required long Outbox { get; init; }
    /// <summary>Queue files that nobody has claimed.</summary>
    public required int QueuesInPool { get; init; }
    /// <summary>Jobs waiting at central, as last heard.</summary>
    public required int Waiting { get; init; }
    public required IReadOnlyList<AgentStatus> Agents { get; init; }
    /// <summary>Pilots not ended.</summary>
    public required int Pilots { get; init; }
    /// <summary>Pilots without an agent yet.</summary>
    public required int PilotsStarting { get; init; }
    /// <summary>What the pilots did that ended last, oldest first; those that were killed said nothing.</summary>
    public required IReadOnlyCollection<PilotSummary> EndedPilots { get; init; }
    /// <summary>Results committed since the start.</summary>
    public required long Committed { get; init; }
    /// <summary>Results that came again or too late, and changed nothing.</summary>
    public required long Duplicates { get; init; }
    public required double EndsPerSecond { get; init; }
    /// <summary>What this bridge asked of the shared filesystem since its start.</summary>
    public required SpoolUse Spool { get; init; }
    public required string Network { get; init; }
    /// <summary>Operating trouble, now; null when all is well.</summary>
    public string? Trouble { get; init; }
    /// <summary>True while silence of agents does not count (freeze rule).</summary>
    public bool Frozen { get; init; }
}

/// <summary>One agent in <see cref="BridgeStatus"/>.</summary>
public sealed record AgentStatus(string Agent, string Node, string Pilot, string State, int Cores, int Busy, int Queues, string Network);

/// <summary>Operations of the bridge on the spool since its start.</summary>
/// <param name="Operations">By kind.</param>
/// <param name="Metadata">All that go to the metadata server.</param>
/// <param name="Syncs">fsyncs of files and directories.</param>
public sealed record SpoolUse(IReadOnlyDictionary<string, long> Operations, long Metadata, long Syncs, long BytesRead, long BytesWritten);
