using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Sites;

namespace HpcGrid.Bridge.Queues;

/// <summary>How much work to ask for, and what the slots are like.</summary>
internal sealed record Wish(int Count, SiteMap? SiteMap);

/// <summary>
/// Decides how many jobs to take and describes the slots they are for. Takes nothing while the disk of the ledger is nearly full, while
/// results cannot be written to the spool, or while the bridge drains.
/// </summary>
internal sealed class Appetite(LedgerDatabase ledger, Fleet fleet, PilotStep pilots, WorkMeter meter, Bulk bulk, BridgeOptions options)
{
    private string? _lastAlarm;

    /// <summary>No more work: the bridge drains.</summary>
    public bool Stopped { get; set; }

    /// <summary>Why no work is taken though there may be some; null when all is well.</summary>
    public string? Alarm { get; private set; }

    public Wish Decide(Tick tick)
    {
        if (Stopped || Warn(Look()) is not null) return new Wish(0, null);
        var starting = pilots.Starting.ToList();
        var cores = fleet.Working.Sum(agent => agent.Card!.Cores) + (starting.Count * options.Batch.NodesPerPilot * options.Batch.CoresPerNode);
        if (cores == 0) return new Wish(0, null);
        var held = ledger.Jobs.Unended();
        var view = new StockView(cores, held.Jobs, held.Cores, meter.JobSeconds, meter.EndsPerSecond(tick.Monotonic)) { Bulk = bulk.Stock(tick.Monotonic) };
        var count = BridgeRules.HowManyToAsk(view);
        if (count == 0) return new Wish(0, null);
        var siteMap = Describe(starting, tick);
        return siteMap.TtlSeconds < Limits.ShortestTtlSeconds ? new Wish(0, null) : new Wish(count, siteMap);
    }

    /// <summary>What the best slot offers; the margin is the agents' own (they drain before the end).</summary>
    private SiteMap Describe(List<PilotRow> starting, Tick tick)
    {
        var cards = fleet.Working.Select(agent => agent.Card!).ToList();
        var deadlines = fleet.Working.Select(agent => agent.Deadline(tick)).Concat(starting.Select(pilot => pilots.DeadlineOf(pilot, tick)));
        var batch = options.Batch;
        var margin = BridgeRules.DrainMargin(batch.Walltime);
        return new SiteMap
        {
            Site = options.Site,
            Ce = options.Ce,
            Cores = Math.Max(cards.Count > 0 ? cards.Max(card => card.Cores) : 0, starting.Count > 0 ? batch.CoresPerNode : 0),
            Nodes = batch.NodesPerJob,
            MemoryMib = Math.Max(cards.Count > 0 ? cards.Max(card => card.MemoryMib) : 0, starting.Count > 0 ? batch.MemoryOfNode : 0),
            DiskMib = Math.Max(cards.Count > 0 ? cards.Max(card => card.DiskMib) : 0, starting.Count > 0 ? batch.DiskOfNode : 0),
            Counters = cards.Aggregate(starting.Count > 0 ? Counters.Parse(batch.Counters) : Counters.None, (best, card) => best.Best(card.Counters)),
            TtlSeconds = BridgeRules.LongestTtl(deadlines, tick.Now, _ => margin),
            FreshTtlSeconds = batch.Nodes > 0 ? (int)Math.Max(0, (TimeSpan.FromSeconds(batch.Walltime) - margin).TotalSeconds) : 0,
            CloseSe = options.CloseSe,
            Packages = options.Packages,
            Partitions = options.Partitions,
            CvmfsRevision = options.CvmfsRevision,
            Users = options.Users,
        };
    }

    private string? Look()
    {
        if (new DriveInfo(options.State).AvailableFreeSpace < Limits.LeastLedgerRoom)
            return $"the disk of the ledger ({options.State}) is nearly full: no work is taken";
        return fleet.Agents.Any(agent => agent.IsFull) ? "agents cannot write results to the spool (disk or quota full): no work is taken" : null;
    }

    private string? Warn(string? alarm)
    {
        if (alarm is not null && alarm != _lastAlarm) Serilog.Log.Error("{Alarm}", alarm);
        _lastAlarm = alarm;
        return Alarm = alarm;
    }
}
