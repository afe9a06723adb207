namespace HpcGrid.Agent.Processes;

/// <summary>By what the processes of one job are told from all others.</summary>
/// <param name="Process">Payload or validation command, alive or not; 0 when none was started.</param>
/// <param name="Mark">"HPCGRID_ATTEMPT=17.2": in their environment, unless they cleared it.</param>
/// <param name="Brand">Inherited by all; null where the node does not let us (<see cref="Processes.Brand"/>).</param>
internal sealed record Kinship(int Process, string Mark, ulong? Brand)
{
    /// <summary>All of them are in it; null where there are no groups.</summary>
    public JobGroup? Group { get; init; }
}
