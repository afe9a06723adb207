using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Queues;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>Keeps central's leases alive, tells what the nodes do, and brings back kills and the number of waiting jobs.</summary>
internal sealed class RenewStep(ICentral central, Posts posts, Fleet fleet, JobEnding ending, Demand demand, CancellationToken stopping) : BridgeStep
{
    private bool _sending;
    private TimeSpan _due;

    /// <summary>Takes central's orders to look into running jobs.</summary>
    public Action<Tick, IReadOnlyList<PeekOrder>> Peek { get; set; } = (_, _) => { };

    public override void Run(Tick tick)
    {
        tick.ComeBackIn(_due - tick.Monotonic > TimeSpan.Zero ? _due - tick.Monotonic : Limits.RenewInterval);
        if (_sending || !central.IsConnected || tick.Monotonic < _due) return;
        var nodes = fleet.Describe();
        tick.AfterCommitInAnyCase(() =>
        {
            _sending = true;
            _due = tick.Monotonic + Limits.RenewInterval;
            posts.Fetch(() => central.Call(new RenewLeases(nodes), stopping), Renewed, Failed);
        });
    }

    /// <summary>A hint of central: renew now, so that what it is about arrives the reliable way too.</summary>
    public void Hurry() => _due = TimeSpan.Zero;

    private void Renewed(Tick tick, Renewed reply)
    {
        demand.Waiting = reply.Waiting;
        Kill(tick, reply.Kill);
        Peek(tick, reply.Peeks);
        tick.AfterCommitInAnyCase(() => _sending = false);
    }

    /// <summary>Ends attempts that central wants ended.</summary>
    public void Kill(Tick tick, IReadOnlyList<AttemptId> attempts)
    {
        foreach (var id in attempts) ending.Kill(id, tick.Now);
    }

    private void Failed(Tick tick, GridError error)
    {
        Log.Debug("leases were not renewed: {Message}", error.Message);
        _sending = false;
        _due = tick.Monotonic + Limits.CentralPause;
    }
}

/// <summary>What is known of the work that waits at central: a hint.</summary>
public sealed class Demand
{
    /// <summary>Jobs waiting that could run here.</summary>
    public int Waiting { get; set; }
}
