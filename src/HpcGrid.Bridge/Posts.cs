using System.Collections.Concurrent;

namespace HpcGrid.Bridge;

/// <summary>
/// What background work (calls to central, transfers, the batch system) brings back to the loop's thread: each is run in the
/// next tick's transaction, and again in the one after when that failed. So it must be harmless twice.
/// </summary>
/// <param name="background">Begins a piece of work off the loop; it never throws.</param>
public sealed class Posts(Action<Func<Task>> background)
{
    private readonly ConcurrentQueue<Action<Tick>> _arrived = new();
    private readonly List<Action<Tick>> _current = [];
    private readonly ManualResetEventSlim _bell = new();

    /// <summary>From any thread: to be run by the loop, soon.</summary>
    public void Post(Action<Tick> action)
    {
        _arrived.Enqueue(action);
        _bell.Set();
    }

    /// <summary>From any thread: look at the world now.</summary>
    public void Wake() => _bell.Set();

    /// <summary>Runs what has arrived, in the loop's transaction.</summary>
    internal void Run(Tick tick)
    {
        while (_arrived.TryDequeue(out var action)) _current.Add(action);
        foreach (var action in _current) action(tick);
    }

    /// <summary>The transaction is on disk: what was run need not run again.</summary>
    internal void Committed() => _current.Clear();

    /// <summary>Waits for the delay or a bell. False when stopping.</summary>
    internal void Wait(TimeSpan delay, CancellationToken stopping)
    {
        try { _bell.Wait(delay, stopping); }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
        finally { _bell.Reset(); }
    }

    /// <summary>Runs work off the loop and hands what it brings to the loop; a GridError goes to <paramref name="failed"/>.</summary>
    internal void Fetch<T>(Func<Task<T>> work, Action<Tick, T> done, Action<Tick, Core.GridError> failed) => background(async () =>
    {
        try
        {
            var result = await work();
            Post(tick => done(tick, result));
        }
        catch (Core.GridError e) { Post(tick => failed(tick, e)); }
        catch (OperationCanceledException) { Post(tick => failed(tick, Core.GridError.Unavailable("the bridge is stopping"))); }
        // A bug in background work must end the process as one on the loop does.
        catch (Exception e) { Post(_ => throw new InvalidOperationException("background work failed", e)); }
    });
}
