namespace HpcGrid.Central.TaskQueue;

/// <summary>Begins mergings that are ordered.</summary>
public sealed class MergeLoop(Merges merges, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    public Task Run(CancellationToken stop) => Periodic.Run("merging", Period, clock, merges.GoOn, stop);
}
