using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Judges agents by how long ago, on this reader's monotonic clock, their heartbeat last changed (B5), and by the batch system's word, which is
/// quicker and surer. Silence counts only while the spool itself answers: when the canary is late, the bridge was asleep, or many agents fall silent at once,
/// the death clocks stand still (freeze rule). The verdict goes to the ledger (F1); <see cref="FenceStep"/> carries it out.
/// </summary>
internal sealed class NodeWatch(BridgeSpool spool, Fleet fleet, PilotBoard pilots, MeasuredTiming timing, Verdicts verdicts, TimeProvider time)
    : BridgeStep
{
    private TimeSpan _last;
    private TimeSpan _canaryDue;
    private long _canary;
    private bool _frozen;

    /// <summary>True while silence does not count.</summary>
    public bool IsFrozen => _frozen;

    public override void Run(Tick tick)
    {
        var elapsed = tick.Monotonic - _last;
        _last = tick.Monotonic;
        Freeze(tick, elapsed);
        foreach (var agent in fleet.Agents.Where(agent => agent.Row.Stage == AgentStage.Live)) Judge(agent, tick);
    }

    private void Judge(AgentView agent, Tick tick)
    {
        var pilot = pilots.StateOf(agent.Row.Pilot);
        var silence = tick.Monotonic - agent.BeatAt;
        if (pilot == BatchState.Ended) verdicts.GiveUp(agent, true, "its batch job has ended", tick);
        else if (pilots.HasEndedOn(agent.Row.Pilot, agent.Row.Node)) verdicts.GiveUp(agent, true, "its part of its batch job has ended", tick);
        else if (agent.Heartbeat?.Left == true) verdicts.GiveUp(agent, true, "it has left", tick);
        else if (silence > timing.Now.Dead && !_frozen) verdicts.GiveUp(agent, false, $"silent for {silence.TotalSeconds:0} s", tick);
        else if (silence > timing.Now.Suspect && !agent.Suspect)
        {
            agent.Suspect = true;
            Log.Warning("agent {Agent} is silent for {Seconds:0} s", agent.Row.Agent, silence.TotalSeconds);
        }
    }

    private void Freeze(Tick tick, TimeSpan elapsed)
    {
        var late = elapsed > timing.Now.CanaryLate + Limits.LongestPause ? elapsed : TimeSpan.Zero;
        if (tick.Monotonic >= _canaryDue && fleet.Agents.Count > 0)
        {
            _canaryDue = tick.Monotonic + timing.Now.Heartbeat;
            var begun = time.GetTimestamp();
            var errno = spool.Canary(++_canary);
            _frozen = errno != Errno.None || time.GetElapsedTime(begun) > timing.Now.CanaryLate;
            if (_frozen) late = elapsed;
        }
        var live = fleet.Agents.Where(agent => agent.Row.Stage == AgentStage.Live).ToList();
        var fallenSilent = live.Count(agent => tick.Monotonic - agent.BeatAt is var silence
            && silence > timing.Now.Suspect && silence < timing.Now.Suspect + Limits.SilentTogether);
        var together = live.Count > 3 && fallenSilent > live.Count * timing.Now.SilentShare;
        if (!_frozen && !together && late == TimeSpan.Zero) return;
        foreach (var agent in live) agent.BeatAt += elapsed;
    }
}
