using HpcGrid.Core;

namespace HpcGrid.Bridge.Pilots;

/// <summary>Calls the batch system off the loop, one at a time, and hands its answers to the loop.</summary>
internal sealed class BatchCalls(IBatchSystem batch, Posts posts, CancellationToken stopping) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);

    /// <summary>Cancels what is to be cancelled, then asks for the state of all.</summary>
    public void Poll(IReadOnlyList<string> tags, IReadOnlyList<string> cancel, Action<Tick, IReadOnlyList<BatchStatus>> done, Action<Tick, GridError> failed) =>
        posts.Fetch(() => Alone(async () =>
        {
            if (cancel.Count > 0) await batch.Cancel(cancel, stopping);
            return await batch.Status(tags, stopping);
        }), done, failed);

    public void Submit(PilotRequest request, Action<Tick, string> done, Action<Tick, GridError> failed) =>
        posts.Fetch(() => Alone(() => batch.Submit(request, stopping)), done, failed);

    public void Forget(IReadOnlyList<string> tags) => posts.Fetch(() => Alone(async () =>
    {
        await batch.Forget(tags, stopping);
        return true;
    }), (_, _) => { }, (_, error) => Serilog.Log.Debug("old pilots were not forgotten: {Message}", error.Message));

    private async Task<T> Alone<T>(Func<Task<T>> call)
    {
        await _oneAtATime.WaitAsync(stopping);
        try { return await call(); }
        finally { _oneAtATime.Release(); }
    }

    public void Dispose() => _oneAtATime.Dispose();
}
