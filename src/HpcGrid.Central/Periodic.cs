using HpcGrid.Core;
using Serilog;

namespace HpcGrid.Central;

/// <summary>Runs a tick again and again until it is stopped. What one tick throws is logged and ends that tick only.</summary>
public static class Periodic
{
    public static async Task Run(string name, TimeSpan period, TimeProvider clock, Func<Task> tick, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(period, clock);
        while (await Next(timer, stop))
        {
            try { await tick(); }
            catch (Exception e)
            {
                if (e is GridError { IsTransient: true }) Log.Warning("{Loop}: {Reason}; it goes on", name, e.Message);
                else Log.Error(e, "{Loop} failed; it goes on", name);
            }
        }
    }

    private static async Task<bool> Next(PeriodicTimer timer, CancellationToken stop)
    {
        await timer.WaitForNextTickAsync(stop).AsTask().ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return !stop.IsCancellationRequested;
    }
}
