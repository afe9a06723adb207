using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Evens out work that was given to agents too early: when the pool is empty, nothing waits here, no more is fetched from central, and an agent has nothing to
/// do, loaded agents are told to hand back part of what they have not begun. It comes back as handed-back jobs do and is offered as the next generation.
/// </summary>
internal sealed class StealStep(LedgerDatabase ledger, Fleet fleet, MessageStep messages, WorkMeter meter, Demand demand, Appetite appetite) : BridgeStep
{
    private TimeSpan _due;

    public override void Run(Tick tick)
    {
        if (tick.Monotonic < _due) return;
        _due = tick.Monotonic + Limits.StealInterval;
        // What waits at central comes here only as far as we ask for it: who holds enough for all cores has it on the wrong ones.
        if (demand.Waiting > 0 && appetite.Decide(tick).Count > 0) return;
        if (ledger.Queues.InPool() > 0 || ledger.Jobs.Ready() > 0) return;
        var unstarted = ledger.Jobs.Unstarted();
        var working = fleet.Free.ToList();
        var loaded = working.Select(agent => BacklogOf(agent, unstarted)).Where(agent => agent.Jobs > 0).ToList();
        var busy = loaded.Select(agent => agent.Agent).ToHashSet();
        var idleCores = working.Where(agent => !busy.Contains(agent.Row.Agent)).Sum(agent => agent.Heartbeat?.IdleCores ?? 0);
        foreach (var file in StealRules.Decide(loaded, idleCores, meter.JobSeconds))
            if (fleet.Find(file.Agent) is { } agent && messages.Send(agent, new Yield(file.Queue, file.Keep), tick))
                Log.Information("agent {Agent} hands back unstarted jobs of {Queue} but {Keep}: other nodes are idle", file.Agent, file.Queue, file.Keep);
    }

    private static Backlog BacklogOf(AgentView agent, Dictionary<QueueName, int> unstarted) => new(
        agent.Row.Agent, agent.Card!.Cores,
        [.. agent.Claims.Where(unstarted.ContainsKey).Order().Select(queue => (queue, unstarted[queue]))]);
}
