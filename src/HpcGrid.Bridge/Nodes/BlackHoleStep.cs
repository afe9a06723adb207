using HpcGrid.Core.Sites;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Keeps black holes out: agents on such a node are told to drain, and for some time its place is not filled again, nor is a new agent there used. Then
/// the node gets another chance, because somebody may have mended it.
/// </summary>
internal sealed class BlackHoleStep(Fleet fleet, NodeHealth health) : BridgeStep
{
    private TimeSpan _due;

    public override void Run(Tick tick)
    {
        if (tick.Monotonic < _due) return;
        _due = tick.Monotonic + Limits.HealthInterval;
        foreach (var hole in BlackHoleRules.Find(health.Records(tick.Monotonic)))
        {
            Log.Warning("node {Node} is a black hole and gets no more work: {Reason}", hole.Place, hole.Reason);
            fleet.Avoid(hole.Place, hole.Reason, tick.Monotonic + Limits.AvoidBlackHole);
            health.Forgive(hole.Place);
        }
        fleet.ForgetAvoided(tick.Monotonic);
    }
}
