using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Queues;

/// <summary>How many queue files to keep in the pool and how many jobs to put into each.</summary>
internal sealed class OfferSizing(Fleet fleet, PilotStep pilots, WorkMeter meter, BatchOptions options)
{
    private const int FilesPerAgent = 2;

    /// <summary>Files that may be added to the pool: one that an agent claims next, one that it finds when it is quicker than we are.</summary>
    public int RoomInPool(int unclaimed) => Math.Min(Claimers * FilesPerAgent - unclaimed, Limits.MostOffersPerTick);

    /// <summary>Jobs for the next file.</summary>
    public int Rows(int waiting, Resources need, Tick tick)
    {
        var slots = Math.Max(1, options.CoresPerNode / Math.Max(1, need.Cores));
        var left = fleet.Free.Max(agent => agent.Deadline(tick)) is { } deadline ? deadline - tick.Now : TimeSpan.FromSeconds(options.Walltime);
        return QueueSizing.Rows(
            waiting, Claimers, slots, meter.JobSeconds is { } seconds ? Math.Max(seconds, Limits.ShortestJobSeconds) : null, left, Limits.ClaimLatency);
    }

    private int Claimers => Math.Max(1, fleet.Free.Count() + (pilots.Count.Starting * options.NodesPerPilot));
}
