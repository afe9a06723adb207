namespace HpcGrid.Central.TaskQueue;

/// <summary>Works off kill orders that nobody waits for: masters that too many failures have stopped.</summary>
public sealed class KillLoop(Kills kills, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public Task Run(CancellationToken stop) => Periodic.Run("kill orders", Period, clock, kills.GoOn, stop);
}
