using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Monitoring;

/// <summary>A running job as the monitor needs to know it.</summary>
/// <param name="Id">Its attempt.</param>
/// <param name="Kin">Its processes.</param>
/// <param name="Sandbox">Where it works.</param>
/// <param name="MemoryLimitKib">Near it memory is measured exactly.</param>
internal sealed record Watched(AttemptId Id, Kinship Kin, Sandbox Sandbox, long MemoryLimitKib);

/// <summary>What one look at all running jobs showed.</summary>
/// <param name="Samples">One for each job that was still there.</param>
/// <param name="Cost">CPU time the look took.</param>
internal sealed record Measurement(IReadOnlyList<JobSample> Samples, TimeSpan Cost);
