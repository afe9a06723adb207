using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Staging;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>
/// Makes room: rows nobody counts from any more, staged files that no held job needs. Agents' directories go with their last sweep,
/// pilots' logs with their rows, events when central has them.
/// </summary>
internal sealed class GarbageStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, StageArea area, StageInStep stageIn) : BridgeStep
{
    private TimeSpan _due, _cacheDue = Limits.CacheInterval;

    public override void Run(Tick tick)
    {
        if (tick.Monotonic < _due) return;
        _due = tick.Monotonic + Limits.GarbageInterval;
        ledger.Queues.DeleteOver();
        var needed = ledger.Assignments.Riders();
        var unstaged = ledger.Assignments.Unstaged(0, int.MaxValue).SelectMany(job => job.Sources).ToList();
        needed.UnionWith(unstaged.Select(source => source.Content.Sha256));
        needed.UnionWith(unstaged.Select(source => source.Archive?.Sha256 ?? ""));
        if (area.Evict(needed, Limits.StageAreaSize)) stageIn.LookAgain();
        if (tick.Monotonic < _cacheDue) return;
        _cacheDue = tick.Monotonic + Limits.CacheInterval;
        needed.UnionWith(ledger.Assignments.Cached());
        EvictFromSpool(needed);
        spool.Sweep.RemoveHeartbeatsBut(fleet.Agents.Select(agent => agent.Row.Agent).ToHashSet());
    }

    private void EvictFromSpool(HashSet<string> needed)
    {
        var cached = spool.Cache.List();
        var size = cached.Items.Sum(content => content.Size);
        foreach (var content in cached.Items.Where(content => !needed.Contains(content.Sha256)))
        {
            if (size <= Limits.SpoolCacheSize) break;
            size -= content.Size;
            spool.Cache.Evict(content.Sha256);
            stageIn.LookAgain();
            Log.Information("{Sha256} ({Size} bytes) was removed from the spool's cache", content.Sha256, content.Size);
        }
    }
}
