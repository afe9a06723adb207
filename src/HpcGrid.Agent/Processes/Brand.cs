using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// A number that a payload and all its descendants carry and cannot lose by accident: the soft limit of real-time CPU time (RLIMIT_RTTIME). Resource
/// limits pass through fork, exec, a cleared environment, setsid and double forks, anybody may read those of their own processes, and this one
/// bounds nothing: a brand is a hundred thousand years, and only for programs under a real-time scheduler. Needs no privilege.
/// Trap: where the batch system has set a hard limit there is no room for it; then parents, sessions and environments alone tell whose a process is.
/// </summary>
internal sealed class Brand
{
    // A brand is 4, nine digits for the agent, nine for the payload: below 2^63, and a shell finds all of one agent by their first ten digits.
    private const ulong Leading = 4, Numbers = 1_000_000_000;

    private readonly ulong _agent;
    private readonly bool _possible = ResourceLimits.Of(0, ResourceLimits.RealTime) is { Hard: ResourceLimits.Unlimited };
    private ulong _serial;

    /// <param name="agent">The agent's name.</param>
    public Brand(string agent) => _agent = Leading * Numbers + AgentNumber(agent);

    /// <summary>A number that no other payload of this agent has; null where the node does not let us.</summary>
    public ulong? Next() => _possible ? _agent * Numbers + ++_serial % Numbers : null;

    /// <summary>The beginning of all numbers of an agent, as decimal digits.</summary>
    public static string PrefixOf(string agent) => (Leading * Numbers + AgentNumber(agent)).ToString(CultureInfo.InvariantCulture);

    /// <summary>What a process carries; null for none, and for processes that are gone or not ours to look at.</summary>
    public static ulong? Of(int process) =>
        ResourceLimits.Of(process, ResourceLimits.RealTime) is { Soft: var soft } && soft / Numbers / Numbers == Leading ? soft : null;

    /// <summary>True when the process descends from a payload of that agent.</summary>
    public static bool IsOfAgent(int process, string agent) => Of(process) is { } brand && brand / Numbers == Leading * Numbers + AgentNumber(agent);

    private static ulong AgentNumber(string agent) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(agent))) % Numbers;
}
