namespace HpcGrid.Simulate.World;

/// <summary>
/// A real thread that carries one fiber after the other, so that production code may wait anywhere within itself. Threads are kept for the
/// next fiber: making one costs more than many steps.
/// </summary>
internal sealed class FiberThread
{
    private const int StackBytes = 512 * 1024;
    [ThreadStatic] private static FiberThread? _current;
    private readonly Gate _go = new();
    private readonly FiberPool _pool;
    private Fiber? _fiber;

    public FiberThread(FiberPool pool)
    {
        _pool = pool;
        new Thread(Run, StackBytes) { IsBackground = true, Name = "fiber" }.Start();
    }

    /// <summary>The fiber of the calling thread; null outside of the simulation.</summary>
    public static Fiber? Running => _current?._fiber;

    public void Carry(Fiber fiber)
    {
        _fiber = fiber;
        fiber.Thread = this;
    }

    /// <summary>Gives it the baton.</summary>
    public void Go() => _go.Open();

    /// <summary>Waits for the baton.</summary>
    public void Wait() => _go.Wait();

    private void Run()
    {
        _current = this;
        while (true)
        {
            Wait();
            if (_fiber is not { } fiber) return;
            var scheduler = fiber.Party.Scheduler;
            SynchronizationContext.SetSynchronizationContext(new Continuations(fiber.Party));
            try
            {
                if (!fiber.Party.Dead && !scheduler.Ending) fiber.Body();
                if (!fiber.Party.Dead && !scheduler.Ending) fiber.Party.Afterwards();
            }
            catch (PartyDied) when (fiber.Party.Dead || scheduler.Ending) { scheduler.Unwound++; }
            catch (Exception e) when (fiber.Party.Dead || scheduler.Ending) { scheduler.Remember(e); }
            catch (Exception e) { scheduler.Bug(fiber, e); }
            _fiber = null;
            fiber.Finished = true;
            // Back first: from the next line on the baton is another's.
            _pool.Back(this);
            scheduler.Leave();
        }
    }

    /// <summary>What awaits goes on as a fiber of the same party.</summary>
    private sealed class Continuations(Party party) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            if (!party.Dead) party.Begin("continuation", () => d(state));
        }

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }
}

/// <summary>Threads without a fiber. One for each worker; used only by who has the baton.</summary>
internal sealed class FiberPool : IDisposable
{
    private readonly Stack<FiberThread> _idle = [];

    public FiberThread Take() => _idle.TryPop(out var thread) ? thread : new FiberThread(this);

    public void Back(FiberThread thread) => _idle.Push(thread);

    public void Dispose()
    {
        while (_idle.TryPop(out var thread)) thread.Go();
    }
}
