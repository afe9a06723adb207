using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Queues;

/// <summary>
/// While much short work waits at central, it goes out in bulk (PROTOCOL 5): full files, a stock to fill them from, looks no
/// oftener than files end. What a file costs the spool does not depend on its rows. Towards the end of a production, and where jobs are long, all is as usual.
/// </summary>
internal sealed class Bulk(Fleet fleet, PilotStep pilots, WorkMeter meter, Demand demand, MeasuredTiming timing, BatchOptions options)
{
    /// <summary>Agents that could claim, now or when their pilots have started.</summary>
    public int Claimers => Math.Max(1, fleet.Free.Count() + (pilots.Count.Starting * options.NodesPerPilot));

    /// <summary>Jobs of a file; 0 when there is no bulk.</summary>
    /// <param name="cores">Of each job.</param>
    public int Rows(int cores)
    {
        if (meter.JobSeconds is not { } mean || demand.Waiting == 0) return 0;
        var seconds = Math.Max(mean, Limits.ShortestJobSeconds);
        var rows = QueueSizing.Worthwhile(Slots(cores), seconds, TimeSpan.FromSeconds(options.Walltime), ClaimLatency);
        // Guided, as all files: half of an even share of what waits, so that the last ones are small.
        rows = Math.Min(rows, demand.Waiting / (2 * Claimers));
        return rows >= Limits.LeastBulk ? rows : 0;
    }

    /// <summary>Jobs to hold: a file with each agent, of which nobody tells before it ends, and in the pool what they take next.</summary>
    public long Stock(TimeSpan now)
    {
        var rows = Rows(1);
        var taken = meter.EndsPerSecond(now) * (Limits.StockHorizon + timing.Now.CachingBound).TotalSeconds;
        return rows == 0 ? 0 : ((long)rows * Claimers) + Math.Max(rows, (long)taken);
    }

    /// <summary>Between two looks while something moves; so much shorter than a file that no agent waits for the next one.</summary>
    public TimeSpan LookPause(TimeSpan usual)
    {
        if (meter.JobSeconds is not { } seconds || Rows(1) is not (> 0 and { } rows)) return usual;
        var pause = TimeSpan.FromSeconds(rows * seconds / Slots(1) / Limits.LooksPerFile);
        return pause < usual ? usual : pause < Limits.LongestBulkPause ? pause : Limits.LongestBulkPause;
    }

    /// <summary>The offer is seen, and the claim is seen, each after the caching bound at the latest.</summary>
    private TimeSpan ClaimLatency => Limits.BulkClaimLatency + (2 * timing.Now.CachingBound);

    private int Slots(int cores) => Math.Max(1, options.CoresPerNode / Math.Max(1, cores));
}
