using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Carries out a verdict (F2 to F5): waits until the batch system confirms the end (strong) or the agent must have ended itself (weak), tells the
/// zombie, takes what it still brought, offers the rest again, and looks again and again for what came late. Strict jobs are offered again after a strong
/// end only, of all their nodes. Every step can be cut short anywhere: the ledger says which jobs were offered again, and a second sweep finds none left.
/// </summary>
internal sealed class FenceStep(LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, AgentReader reader, JobEnding ending, FenceRules rules) : BridgeStep
{
    public override void Run(Tick tick)
    {
        foreach (var agent in fleet.Agents.ToList())
        {
            if (agent.Row.Stage == AgentStage.Fencing && rules.MayFence(agent, tick)) Fence(agent, tick);
            else if (agent.Row.Stage == AgentStage.Fenced) SweepAgain(agent, tick);
        }
    }

    private void Fence(AgentView agent, Tick tick)
    {
        var name = agent.Row.Agent;
        Sweep(agent, [new AgentPlace(name)], tick);
        agent.Row = agent.Row with { Stage = AgentStage.Fenced, Strong = rules.IsSurelyGone(agent), Since = tick.Now };
        agent.FencedAt = tick.Monotonic;
        ledger.Agents.SetStage(agent.Row);
        var message = ledger.Agents.NextMessage(name, spool.Epoch);
        tick.AfterCommit(() =>
        {
            spool.Agents.Send(name, message, new Fenced());
            spool.Agents.Fence(name);
        });
    }

    /// <summary>F5, and at last the removal.</summary>
    private void SweepAgain(AgentView agent, Tick tick)
    {
        var name = agent.Row.Agent;
        if (agent.Removed)
        {
            Forget(agent);
            return;
        }
        if (!agent.Row.Strong && rules.IsSurelyGone(agent))
        {
            agent.Row = agent.Row with { Strong = true, Since = tick.Now };
            ledger.Agents.SetStage(agent.Row);
            agent.Sweeps = 0;
            agent.FencedAt = tick.Monotonic;
        }
        if (!rules.SweepIsDue(agent, tick)) return;
        var places = spool.Agents.FindPlaces(name);
        if (places.Items.Any(place => place.IsLive)) tick.AfterCommit(() => spool.Agents.Fence(name));
        Sweep(agent, places.Items, tick);
        agent.Sweeps++;
        // What is not empty (a zombie, or a listing that lags) is swept and tried again.
        if (agent.Sweeps >= rules.Sweeps(agent) && !IsNeeded(name)) tick.AfterCommit(() => agent.Removed = spool.Sweep.RemoveAgent(name) == Errno.None);
    }

    /// <summary>F4: what it brought is committed, what it did not finish is offered again.</summary>
    private void Sweep(AgentView agent, IReadOnlyList<AgentPlace> places, Tick tick)
    {
        foreach (var place in places)
        {
            var seen = spool.Agents.Observe(place);
            reader.Claims(agent, seen, tick);
            reader.Versions(agent, seen, int.MaxValue, tick);
        }
        var surely = rules.IsSurelyGone(agent);
        var requeued = 0;
        foreach (var queue in ledger.Queues.OfAgent(agent.Row.Agent))
        {
            if (queue.Stage == QueueStage.Over || (queue.Strict && !surely)) continue;
            var jobs = ledger.Jobs.InQueue(queue.Name).Where(job => job.Stage == JobStage.Queued).ToList();
            if (queue.Strict && jobs.Exists(job => HasOtherNodes(agent, job))) continue;
            foreach (var job in jobs)
            {
                ending.Requeue(job, $"node {agent.Row.Node} was lost: {agent.Row.Reason}", tick.Now);
                requeued++;
            }
            if (queue.Stage == QueueStage.Claimed) ledger.Queues.SetStage(queue.Name, QueueStage.Replaced);
        }
        if (requeued > 0) Log.Warning("{Count} unfinished jobs of agent {Agent} are offered again: {Reason}", requeued, agent.Row.Agent, agent.Row.Reason);
    }

    /// <summary>Ranks on other nodes of a gang may outlive the first one: nobody but the batch system knows (J3).</summary>
    private bool HasOtherNodes(AgentView first, HeldJob job) => ledger.Gangs.All().Find(gang => gang.Row == job.Row) is { } gang
        && gang.Members.Skip(1).Any(member => !rules.HasEnded(first.Row.Pilot, fleet.Find(member)?.Row.Node));

    /// <summary>Something of it is still needed: outputs to read, or strict jobs that wait for the batch system's word.</summary>
    private bool IsNeeded(string agent) => ledger.Outputs.OnSpool(agent)
        || ledger.Queues.OfAgent(agent).Any(queue => ledger.Jobs.InQueue(queue.Name).Any(job => job.Stage == JobStage.Queued));

    private void Forget(AgentView agent)
    {
        foreach (var queue in ledger.Queues.OfAgent(agent.Row.Agent)) ledger.Queues.End(queue.Name);
        ledger.Queues.ForgetAgent(agent.Row.Agent);
        ledger.Agents.Delete(agent.Row.Agent);
        fleet.Remove(agent.Row.Agent);
    }
}
