using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Bridge.Nodes;

/// <summary>When an agent that was given up may be fenced, and how often it is swept.</summary>
internal sealed class FenceRules(PilotBoard pilots, MeasuredTiming timing)
{
    private const int StrongSweeps = 2;
    private static readonly TimeSpan LeastBetweenSweeps = TimeSpan.FromSeconds(1);

    /// <summary>No process of it can be left: by its batch system's word, or its own last words.</summary>
    public bool IsSurelyGone(AgentView agent) => agent.Row.Strong || pilots.HasEndedOn(agent.Row.Pilot, agent.Row.Node);

    /// <summary>No process can be left on that node of a pilot, by its batch system's word.</summary>
    public bool HasEnded(string pilot, string? node) => node is null ? pilots.StateOf(pilot) == BatchState.Ended : pilots.HasEndedOn(pilot, node);

    /// <summary>F2: it is surely gone, or so long silent that it has killed its children and the batch system says nothing.</summary>
    public bool MayFence(AgentView agent, Tick tick) =>
        IsSurelyGone(agent) || tick.Monotonic - agent.BeatAt > timing.Now.Dead + timing.Now.LeaseKill;

    /// <summary>F5: nothing can come late from processes that are gone, but a mount may show late what they did.</summary>
    public int Sweeps(AgentView agent) => agent.Row.Strong ? StrongSweeps : timing.Now.Resweeps.Count;

    /// <summary>True when the next sweep is due; after the last one, every time that interval again.</summary>
    public bool SweepIsDue(AgentView agent, Tick tick)
    {
        var after = timing.Now.Resweeps[Math.Min(agent.Sweeps, Sweeps(agent) - 1)];
        var extra = agent.Sweeps < Sweeps(agent) ? TimeSpan.Zero : Limits.GarbageInterval * (agent.Sweeps - Sweeps(agent) + 1);
        return tick.Monotonic - agent.FencedAt > after + extra + LeastBetweenSweeps * (Math.Min(agent.Sweeps, Sweeps(agent)) + 1);
    }
}
