namespace HpcGrid.Central.Broker;

/// <summary>Watches the bridges' leases.</summary>
public sealed class LeaseLoop(Leases leases, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    public Task Run(CancellationToken stop) => Periodic.Run("lease watch", Period, clock, leases.Tick, stop);
}
