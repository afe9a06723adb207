using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What the loop needs to know of this incarnation.</summary>
/// <param name="Card">Who it is.</param>
/// <param name="Timing">Its intervals.</param>
/// <param name="Whole">What it may use; long.MaxValue for what is not accounted for.</param>
/// <param name="GuardProcess">The guard's process, not to be killed; 0 for none.</param>
/// <param name="Chance">A number from 0 to below its argument.</param>
internal sealed record AgentSettings(AgentCard Card, SpoolTiming Timing, Room Whole, int GuardProcess, Func<int, int> Chance)
{
    /// <summary>A folder on the node's own disk for the agent's own files.</summary>
    public required string Scratch { get; init; }
    /// <summary>On the agent's clock; null when no end is known.</summary>
    public TimeSpan? DrainAt { get; init; }
    public TimeSpan? StopAt { get; init; }
    /// <summary>When the agent must be gone.</summary>
    public TimeSpan? EndAt { get; init; }
}

/// <summary>Exit codes, as --help tells them.</summary>
internal static class AgentExit
{
    public const int WrongOptions = 2, Unusable = 3, Fenced = 4, Unpublished = 5;
}
