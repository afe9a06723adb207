using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;

namespace HpcGrid.Agent;

/// <summary>What of the node an agent works with: real in a real agent, played in the simulator.</summary>
/// <param name="Work">Sandboxes on the node's own disk.</param>
/// <param name="Payloads">Processes.</param>
/// <param name="Copies">Where large files are copied.</param>
/// <param name="Monitor">Measures running jobs.</param>
internal sealed record NodeParts(WorkFolder Work, IPayloads Payloads, ISideWork Copies, IMonitor Monitor)
{
    /// <summary>Where running jobs are looked into for people, one look after the other.</summary>
    public required ISideWork Looks { get; init; }

    /// <summary>Control groups; null where none were delegated.</summary>
    public JobGroups? Groups { get; init; }
}

/// <summary>Does pieces of work beside the loop. The work reports its own trouble; what it throws is a bug and ends the agent.</summary>
internal interface ISideWork
{
    void Add(Action work);
}

/// <summary>Measures running jobs beside the loop.</summary>
internal interface IMonitor
{
    /// <summary>Looks at these jobs now. Answered by <see cref="Measured"/>.</summary>
    void Measure(IReadOnlyList<Watched> jobs, GpuReading? gpus);
}
