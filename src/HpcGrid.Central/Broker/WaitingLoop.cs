namespace HpcGrid.Central.Broker;

/// <summary>Looks for jobs that have waited for too long.</summary>
public sealed class WaitingLoop(WaitingLimits limits, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    public Task Run(CancellationToken stop) => Periodic.Run("waiting times", Period, clock, limits.Tick, stop);
}
