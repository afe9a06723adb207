namespace HpcGrid.Simulate.World;

/// <summary>
/// Virtual time, and who goes on. Every fiber is a real thread, but only the one with the baton runs; it hands it over when it waits. So production
/// code runs as it is, and a seed decides every interleaving. Time goes on from event to event: nothing ever waits in real time.
/// </summary>
internal sealed class Scheduler(FiberPool pool)
{
    private readonly PriorityQueue<Due, (long Time, long Order)> _due = new();
    private readonly Gate _driver = new();
    private readonly List<Fiber> _started = [];
    private long _order;
    private TimeSpan _until;
    private bool _stopped;

    private readonly record struct Due(Fiber? Fiber, long Ticket, Action? Call);

    public TimeSpan Now { get; private set; }

    /// <summary>The fiber with the baton; null while the driver has it.</summary>
    public Fiber? Current { get; private set; }

    /// <summary>The simulation is over: every fiber unwinds.</summary>
    public bool Ending { get; private set; }

    /// <summary>Handovers from one thread to another, for measurements.</summary>
    public long Switches { get; private set; }

    /// <summary>Events that happened.</summary>
    public long Steps { get; private set; }

    public int Unwound { get; set; }

    /// <summary>A bug of the product or of the simulator: who, and what it threw.</summary>
    public Action<Fiber?, Exception> Bug { get; set; } = (_, _) => { };

    /// <summary>Told of what a party logs, where anybody listens (<see cref="LogSink"/>).</summary>
    public Action<Party, string, string> Said { get; set; } = (_, _, _) => { };

    /// <summary>What dying code threw last, for people who debug the simulator.</summary>
    public Exception? Last { get; private set; }

    public void Remember(Exception e) => Last = e;

    /// <summary>Something that happens in the world; it must not wait.</summary>
    public void At(TimeSpan after, Action call) => _due.Enqueue(new Due(null, 0, call), ((Now + after).Ticks, ++_order));

    public void Wake(Fiber fiber, TimeSpan after) => _due.Enqueue(new Due(fiber, fiber.Ticket, null), ((Now + after).Ticks, ++_order));

    /// <summary>The calling fiber goes on after so long, if its party lives and is not stopped.</summary>
    public void Sleep(TimeSpan time)
    {
        var self = Own();
        // Nobody else is due before: no need to hand anything over.
        if (!self.Party.Paused && !_stopped && (!_due.TryPeek(out _, out var next) || next.Time > (Now + time).Ticks) && Now + time <= _until)
        {
            Now += time;
            Steps++;
            return;
        }
        Wake(self, time);
        Hand(self, byDriver: false);
        Check(self);
    }

    /// <summary>Waits for <see cref="Signal"/>, at most so long.</summary>
    public void Listen(TimeSpan atMost)
    {
        var self = Own();
        if (!self.Signalled)
        {
            self.Listening = true;
            Wake(self, atMost);
            Hand(self, byDriver: false);
        }
        self.Signalled = self.Listening = false;
        Check(self);
    }

    /// <summary>Wakes a fiber that listens, or will listen.</summary>
    public void Signal(Fiber fiber)
    {
        if (fiber.Signalled || fiber.Finished) return;
        fiber.Signalled = true;
        if (fiber.Listening) Wake(fiber, TimeSpan.Zero);
    }

    /// <summary>Throws when the calling fiber's party has died.</summary>
    public Fiber Own()
    {
        var self = FiberThread.Running ?? throw new InvalidOperationException("called from outside of the simulation");
        Check(self);
        return self;
    }

    private void Check(Fiber self)
    {
        if (self.Party.Dead || Ending) throw new PartyDied();
    }

    /// <summary>The driver: lets the world go on until then, or until <see cref="Stop"/>.</summary>
    public void Run(TimeSpan until)
    {
        _until = until;
        _stopped = false;
        if (!Hand(null, byDriver: true)) _driver.Wait();
    }

    /// <summary>The driver goes on after this step.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Unwinds every fiber.</summary>
    public void End()
    {
        Ending = true;
        _due.Clear();
        foreach (var fiber in _started.Where(fiber => !fiber.Finished).ToList())
        {
            Current = fiber;
            fiber.Thread!.Go();
            _driver.Wait();
        }
    }

    /// <summary>A fiber has ended: the baton goes on.</summary>
    public void Leave() => Hand(null, byDriver: false);

    /// <summary>Gives the baton to whom it is due. True when it stays with the caller, who for a null is the driver.</summary>
    private bool Hand(Fiber? self, bool byDriver)
    {
        // What happens in the world meanwhile is nobody's doing.
        Current = null;
        while (true)
        {
            if (_stopped || Ending || !_due.TryPeek(out _, out var next) || next.Time > _until.Ticks)
            {
                if (!_stopped && !Ending && Now < _until) Now = _until;
                if (byDriver) return true;
                _driver.Open();
                break;
            }
            var due = _due.Dequeue();
            if (next.Time > Now.Ticks) Now = TimeSpan.FromTicks(next.Time);
            if (due.Call is { } call)
            {
                Steps++;
                Happen(call);
                continue;
            }
            var fiber = due.Fiber!;
            if (fiber.Finished || due.Ticket != fiber.Ticket) continue;
            if (fiber.Party.Paused)
            {
                fiber.Party.Hold(fiber);
                continue;
            }
            Steps++;
            fiber.Ticket++;
            if (fiber == self)
            {
                Current = self;
                return true;
            }
            Give(fiber);
            break;
        }
        self?.Thread!.Wait();
        return false;
    }

    /// <summary>On whatever thread has the baton: what it throws is a finding like any other, not the end of the process.</summary>
    private void Happen(Action call)
    {
        try { call(); }
        catch (Exception e) { Bug(null, e); }
    }

    private void Give(Fiber fiber)
    {
        Switches++;
        Current = fiber;
        if (fiber.Thread is null)
        {
            // A fiber that died before it began needs no thread.
            _started.RemoveAll(old => old.Finished);
            _started.Add(fiber);
            pool.Take().Carry(fiber);
        }
        fiber.Thread!.Go();
    }
}
