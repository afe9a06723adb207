namespace HpcGrid.Simulate.World;

/// <summary>Unwinds a party that has died: no code of the product knows it, so none can hold it up; what runs on the way finds a world that does nothing more.</summary>
internal sealed class PartyDied : Exception;

/// <summary>One process of the simulated grid: a bridge's or an agent's incarnation, or somebody who meddles.</summary>
internal sealed class Party(Scheduler scheduler, string name, Clock clock)
{
    private readonly List<Fiber> _fibers = [];
    private readonly List<Fiber> _held = [];

    public string Name { get; } = name;

    public Clock Clock { get; } = clock;

    public Scheduler Scheduler { get; } = scheduler;

    public bool Dead { get; private set; }

    /// <summary>Stopped as by SIGSTOP: nothing of it goes on; what it has asked of others does.</summary>
    public bool Paused { get; private set; }

    /// <summary>Operations on the shared filesystem so far.</summary>
    public long Operations { get; set; }

    /// <summary>Called whenever one of its fibers has ended.</summary>
    public Action Afterwards { get; set; } = () => { };

    /// <summary>Begins a thread of control of this party, at once or later.</summary>
    public Fiber Begin(string what, Action body, TimeSpan after = default)
    {
        var fiber = new Fiber(this, what, body);
        _fibers.RemoveAll(old => old.Finished);
        _fibers.Add(fiber);
        Scheduler.Wake(fiber, after);
        return fiber;
    }

    /// <summary>Some fiber other than this one has not ended.</summary>
    public bool RunsBeside(Fiber one) => _fibers.Exists(fiber => !fiber.Finished && fiber != one);

    /// <summary>kill -9. Its fibers unwind; the one that calls this must throw <see cref="PartyDied"/> itself.</summary>
    public void Kill()
    {
        if (Dead) return;
        Dead = true;
        Paused = false;
        _held.Clear();
        foreach (var fiber in _fibers)
            if (!fiber.Finished && fiber != Scheduler.Current) Scheduler.Wake(fiber, TimeSpan.Zero);
    }

    public void Pause() => Paused = !Dead;

    public void Resume()
    {
        if (!Paused) return;
        Paused = false;
        foreach (var fiber in _held) Scheduler.Wake(fiber, TimeSpan.Zero);
        _held.Clear();
    }

    /// <summary>A fiber was to go on while the party is stopped.</summary>
    public void Hold(Fiber fiber) => _held.Add(fiber);
}

/// <summary>A thread of control. At any moment one of all fibers of a world goes on, the one that has the baton.</summary>
internal sealed class Fiber(Party party, string name, Action body)
{
    public Party Party { get; } = party;

    public string Name { get; } = name;

    public Action Body { get; } = body;

    public FiberThread? Thread { get; set; }

    /// <summary>Grows with each waking: what was to wake it for an earlier reason does not any more.</summary>
    public long Ticket { get; set; }

    public bool Finished { get; set; }

    /// <summary>Somebody has signalled it since it last waited.</summary>
    public bool Signalled { get; set; }

    /// <summary>It waits for a signal.</summary>
    public bool Listening { get; set; }
}

/// <summary>A party's clocks: they may drift and jump, and the monotonic one may stand still while the machine sleeps.</summary>
internal sealed class Clock(Scheduler scheduler) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private long _base, _since;

    /// <summary>Its monotonic seconds in a second.</summary>
    public double Rate { get; set; } = 1;

    /// <summary>How wrong its wall clock is.</summary>
    public TimeSpan WallOffset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _base + (long)((scheduler.Now.Ticks - _since) * Rate);

    public override DateTimeOffset GetUtcNow() => Start + scheduler.Now + WallOffset;

    /// <summary>From now on at this rate.</summary>
    public void Turn(double rate)
    {
        (_base, _since) = (GetTimestamp(), scheduler.Now.Ticks);
        Rate = rate;
    }
}
