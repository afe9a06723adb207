using HpcGrid.Bridge.Nodes;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Queues;

/// <summary>How many queue files to keep in the pool and how many jobs to put into each.</summary>
internal sealed class OfferSizing(Fleet fleet, WorkMeter meter, Bulk bulk, BatchOptions options)
{
    private const int FilesPerAgent = 2;

    /// <summary>Files that may be added to the pool: one that an agent claims next, one that it finds when it is quicker than we are.</summary>
    public int RoomInPool(int unclaimed) => Math.Min(bulk.Claimers * FilesPerAgent - unclaimed, Limits.MostOffersPerTick);

    /// <summary>Jobs for the next file.</summary>
    public int Rows(int waiting, Resources need, Tick tick)
    {
        var slots = Math.Max(1, options.CoresPerNode / Math.Max(1, need.Cores));
        var left = fleet.Free.Max(agent => agent.Deadline(tick)) is { } deadline ? deadline - tick.Now : TimeSpan.FromSeconds(options.Walltime);
        return QueueSizing.Rows(
            waiting, bulk.Claimers, slots, meter.JobSeconds is { } seconds ? Math.Max(seconds, Limits.ShortestJobSeconds) : null, left, Limits.ClaimLatency);
    }

    /// <summary>Rows of a full file in bulk, 0 when there is none; and whether jobs may be gathered for one, because nobody is idle or finds nothing.</summary>
    public (int Rows, bool MayGather) InBulk(Resources need, int unclaimed)
    {
        var rows = bulk.Rows(need.Cores);
        return (rows, rows > 0 && (unclaimed > 0 || !fleet.Free.Any(agent => agent.Heartbeat is not { IdleCores: 0 })));
    }
}
