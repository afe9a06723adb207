using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Bridge.Queues;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>
/// Ends the bridge's work in good order when asked: takes nothing more, gives back what has not begun, lets the agents finish what
/// runs, and says when all is delivered. Asked for again after a restart, it goes on where it was.
/// </summary>
internal sealed class DrainStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, JobEnding ending, DrainSwitches switches) : BridgeStep
{
    private TimeSpan _withdrawDue;

    /// <summary>Set from a signal handler.</summary>
    public volatile bool Asked;

    /// <summary>Nothing is held, nothing waits for central, no agent lives.</summary>
    public bool IsDone { get; private set; }

    public override void Run(Tick tick)
    {
        if (!Asked) return;
        if (!ending.Draining) Log.Information("draining: no more work is taken; agents finish what runs");
        switches.Stop();
        ending.Draining = true;
        foreach (var stage in (JobStage[])[JobStage.Assigned, JobStage.Ready])
            foreach (var job in ledger.Jobs.InStage(stage)) ending.End(job, JobState.Expired, "this bridge takes no more work", tick.Now);
        Withdraw(tick);
        IsDone = ledger.Jobs.Held() == 0 && ledger.Outbox.Count() == 0 && !fleet.Agents.Any(agent => agent.Row.Stage == AgentStage.Live);
        tick.ComeBackIn(Limits.BusyDelay);
    }

    /// <summary>What shows up among the withdrawn no agent has or will have: its jobs are free.</summary>
    private void Withdraw(Tick tick)
    {
        if (tick.Monotonic < _withdrawDue || ledger.Queues.InPool() == 0) return;
        _withdrawDue = tick.Monotonic + Limits.CentralPause;
        foreach (var name in spool.ListWithdrawn().Items)
        {
            foreach (var job in ledger.Jobs.InQueue(name).Where(job => job.Stage == JobStage.Queued)) ending.Requeue(job, "taken back from the pool", tick.Now);
            if (ledger.Queues.Find(name) is { Stage: QueueStage.Offering or QueueStage.Offered }) ledger.Queues.End(name);
            tick.AfterCommit(() => spool.ForgetWithdrawn(name));
        }
        tick.AfterCommit(() =>
        {
            foreach (var entry in spool.ListPool().Items) spool.Withdraw(entry);
        });
    }
}

/// <summary>What has to stop for a drain.</summary>
internal sealed record DrainSwitches(Appetite Appetite, PilotStep Pilots, OfferStep Offers, MessageStep Messages)
{
    public void Stop()
    {
        Appetite.Stopped = true;
        Pilots.Stopped = true;
        Offers.Stopped = true;
        Messages.Drain = true;
    }
}
