namespace HpcGrid.Agent.Processes;

/// <summary>
/// One thread for each process: it starts it, waits for it, and tells both. The turn of the loop that follows from an end is taken on that thread, and what it
/// starts the same thread starts next: no other one is woken between two jobs of a slot. Starts of others go on meanwhile; the kernel wakes only the thread
/// whose child has ended. Threads without a process wait for the next one.
/// </summary>
/// <param name="start">Starts a process; called on any of the threads.</param>
/// <param name="tell">Told of each start and each end, on the thread of that process; a turn may be taken before it returns.</param>
/// <param name="post">Told of what could not be tried, within somebody's turn.</param>
/// <param name="time">When they end.</param>
internal sealed class PayloadThreads(Func<SpawnOrder, SpawnResult> start, Action<Notice> tell, Action<Notice> post, TimeProvider time)
{
    private sealed record Start(long Number, SpawnOrder Order);

    private readonly object _gate = new();
    private readonly Queue<Start> _waiting = [];
    private int _idle, _threads;

    // Of this thread: whether it has no process and is taking a turn, and what it starts after that.
    [ThreadStatic] private static bool _isFree;
    [ThreadStatic] private static Start? _next;

    /// <summary>Has it started, soon.</summary>
    public void Add(long number, SpawnOrder order)
    {
        if (_isFree) (_isFree, _next) = (false, new Start(number, order));
        else HandOver(new Start(number, order));
    }

    private void HandOver(Start order)
    {
        lock (_gate)
        {
            if (_idle > 0)
            {
                _waiting.Enqueue(order);
                _idle--;
                Monitor.Pulse(_gate);
                return;
            }
        }
        try
        {
            new Thread(() => Run(order), Limits.PayloadStackBytes) { IsBackground = true, Name = $"payload {++_threads}" }.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // The account has as many processes and threads as it may: the same as when the kernel lets no process be made.
            post(new ProcessStarted(order.Number, new SpawnResult(0, Libc.TryAgain, $"no thread can be started for it: {e.Message}")));
        }
    }

    private void Run(Start order)
    {
        while (true)
        {
            Carry(order);
            order = TakeNext() ?? Wait();
        }
    }

    private static Start? TakeNext()
    {
        var next = _next;
        (_isFree, _next) = (false, null);
        return next;
    }

    private Start Wait()
    {
        lock (_gate)
        {
            Start? order;
            while (!_waiting.TryDequeue(out order))
            {
                // Who calls one of the idle takes it off this number.
                _idle++;
                Monitor.Wait(_gate);
            }
            return order;
        }
    }

    private void Carry(Start order)
    {
        var result = start(order.Order);
        _isFree = !result.Started;
        tell(new ProcessStarted(order.Number, result));
        if (!result.Started) return;
        var exit = Reaper.Wait(result.ProcessId, time) ?? throw new InvalidOperationException($"somebody else has waited for process {result.ProcessId}");
        _isFree = true;
        tell(new ProcessEnded(order.Number, exit));
    }
}
