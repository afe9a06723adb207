using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Pilots;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>F1: gives an agent up. The verdict goes to the ledger in the tick's transaction; <see cref="FenceStep"/> carries it out.</summary>
internal sealed class Verdicts(LedgerDatabase ledger, PilotBoard pilots, Fleet fleet)
{
    /// <summary>Changes nothing for an agent that was given up before.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="strong">None of its processes can be left; otherwise its pilot is cancelled, unless other agents of it live.</param>
    /// <param name="reason">For the log and for the trace of its jobs.</param>
    /// <param name="tick">Now.</param>
    public void GiveUp(AgentView agent, bool strong, string reason, Tick tick)
    {
        if (agent.Row.Stage != AgentStage.Live) return;
        Log.Information("agent {Agent} is given up: {Reason}", agent.Row.Agent, reason);
        agent.Row = agent.Row with { Stage = AgentStage.Fencing, Strong = strong, Since = tick.Now, Reason = reason };
        ledger.Agents.SetStage(agent.Row);
        if (!strong && !fleet.Agents.Any(other => other.Row.Pilot == agent.Row.Pilot && other.Row.Stage == AgentStage.Live)) pilots.Cancel(agent.Row.Pilot);
    }
}
