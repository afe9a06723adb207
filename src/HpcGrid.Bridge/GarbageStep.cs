using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Staging;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>
/// Keeps the spool in shape and makes room: rows nobody counts from any more, staged files that no held job needs, sandboxes of dead agents. Agents' directories go with their last sweep,
/// pilots' logs with their rows, events when central has them.
/// </summary>
internal sealed class GarbageStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, StageArea area, StageInStep stageIn, string sharedWork) : BridgeStep
{
    private TimeSpan _due;
    private TimeSpan? _cacheDue, _entryDue;
    private HashSet<string> _entering = [];

    /// <summary>What may stay.</summary>
    public StagingRoom Room { get; init; } = StagingRoom.Default;

    public override void Run(Tick tick)
    {
        if (tick.Monotonic < _due) return;
        _due = tick.Monotonic + Room.Interval;
        _cacheDue ??= tick.Monotonic + Room.CacheInterval;
        tick.AfterCommit(spool.RemoveLeft);
        RemoveUnborn(tick);
        ledger.Queues.DeleteOver();
        var needed = ledger.Assignments.Riders();
        var unstaged = ledger.Assignments.Unstaged(0, int.MaxValue).SelectMany(job => job.Sources).ToList();
        needed.UnionWith(unstaged.Select(source => source.Content.Sha256));
        needed.UnionWith(unstaged.Select(source => source.Archive?.Sha256 ?? ""));
        if (area.Evict(needed, Room.StageAreaBytes)) stageIn.LookAgain();
        if (tick.Monotonic < _cacheDue) return;
        _cacheDue = tick.Monotonic + Room.CacheInterval;
        needed.UnionWith(ledger.Assignments.Cached());
        // Whom another bridge has taken over from knows nothing of what that one's jobs need (E1).
        tick.AfterCommit(() =>
        {
            EvictFromSpool(needed);
            RemoveSandboxes();
            _ = spool.Root.MakeMissingDirectories(); // What could not be made now is tried the next time.
        });
    }

    /// <summary>What still enters after a whole interval died on the way. One that only slept is refused, because its nonce is not listed any more (A4).</summary>
    private void RemoveUnborn(Tick tick)
    {
        var interval = Limits.EnteringTakes < Room.CacheInterval ? Limits.EnteringTakes : Room.CacheInterval;
        _entryDue ??= tick.Monotonic + interval;
        if (tick.Monotonic < _entryDue) return;
        _entryDue = tick.Monotonic + interval;
        var now = spool.Agents.ListEntering();
        var (known, unborn) = (fleet.Agents.Select(agent => agent.Row.Agent).ToHashSet(), now.Where(_entering.Contains).ToList());
        _entering = [.. now];
        tick.AfterCommit(() =>
        {
            spool.Sweep.RemoveHeartbeatsBut(known);
            foreach (var name in unborn) spool.Sweep.RemoveNewAgent(name);
        });
    }

    /// <summary>Sandboxes of agents that are no more; they are in no spool, and may be large.</summary>
    private void RemoveSandboxes()
    {
        var folder = Path.Combine(sharedWork, spool.Root.Sentinel.ClusterId.ToString());
        if (sharedWork.Length == 0 || !Directory.Exists(folder)) return;
        var dead = Directory.GetDirectories(folder).Where(path => fleet.Find(Path.GetFileName(path)) is null).ToList();
        if (dead.Count > 0) Task.Run(() => dead.ForEach(Remove));
    }

    private static void Remove(string folder)
    {
        try { Directory.Delete(folder, recursive: true); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Warning("{Folder} could not be removed: {Message}", folder, e.Message);
        }
    }

    private void EvictFromSpool(HashSet<string> needed)
    {
        var cached = spool.Cache.List();
        var size = cached.Items.Sum(content => content.Size);
        foreach (var content in cached.Items.Where(content => !needed.Contains(content.Sha256)))
        {
            if (size <= Room.SpoolCacheBytes) break;
            if (spool.Cache.Evict(content.Sha256) != Errno.None)
            {
                // It may be gone all the same. Tried again at the next interval, by whoever rules then.
                stageIn.Doubt([content.Sha256]);
                break;
            }
            size -= content.Size;
            stageIn.LookAgain();
            Log.Information("{Sha256} ({Size} bytes) was removed from the spool's cache", content.Sha256, content.Size);
        }
    }
}
