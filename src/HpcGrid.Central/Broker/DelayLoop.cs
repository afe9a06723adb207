namespace HpcGrid.Central.Broker;

/// <summary>Looks for pauses that are over.</summary>
public sealed class DelayLoop(Delays delays, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public Task Run(CancellationToken stop) => Periodic.Run("pauses before tries", Period, clock, delays.Tick, stop);
}
