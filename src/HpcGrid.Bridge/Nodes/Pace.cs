namespace HpcGrid.Bridge.Nodes;

/// <summary>When to look at the spool next (PROTOCOL 5): soon while something moves or is expected, later and later while nothing
/// does, and never beyond the budget.</summary>
public sealed class Pace(TimeSpan least, OperationsBudget budget)
{
    private TimeSpan _due, _pause;

    /// <summary>True when it is time; otherwise the tick is asked to come back then.</summary>
    public bool IsDue(Tick tick)
    {
        if (tick.Monotonic >= _due && budget.MayLook(tick.Monotonic)) return true;
        tick.ComeBackIn(tick.Monotonic >= _due ? Limits.BudgetPause : _due - tick.Monotonic);
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
