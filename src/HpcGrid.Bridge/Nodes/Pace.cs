namespace HpcGrid.Bridge.Nodes;

/// <summary>When to look at the spool next (PROTOCOL 5): soon while something moves or is expected, later and later while nothing does.</summary>
public sealed class Pace(TimeSpan least)
{
    private TimeSpan _due, _pause;

    /// <summary>True when it is time; otherwise the tick is asked to come back then.</summary>
    public bool IsDue(Tick tick)
    {
        if (tick.Monotonic >= _due) return true;
        tick.ComeBackIn(_due - tick.Monotonic);
        return false;
    }

    /// <summary>Notes what a look brought.</summary>
    public void Looked(Tick tick, bool moved)
    {
        _pause = moved ? least : TimeSpan.FromTicks(Math.Min(Math.Max(least.Ticks, (long)(_pause.Ticks * 1.5)), Math.Max(least.Ticks, Limits.IdleDelay.Ticks)));
        _due = tick.Monotonic + _pause;
        tick.ComeBackIn(_pause);
    }

    /// <summary>Something was sent that will soon have an effect.</summary>
    public void Expect()
    {
        _pause = least;
        _due = TimeSpan.Zero;
    }
}
