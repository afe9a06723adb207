namespace HpcGrid.Bridge.Nodes;

/// <summary>When to look at the spool next (PROTOCOL 5): soon while something moves or is expected, later and later while nothing
/// does, and not beyond the budget.</summary>
/// <param name="least">The shortest pause between two looks, as things are.</param>
/// <param name="budget">Puts looks off.</param>
public sealed class Pace(Func<TimeSpan> least, OperationsBudget budget)
{
    private const double Growth = 1.5;
    private TimeSpan _due, _pause;
    private bool _expected, _forgotten;

    /// <summary>True when it is time; otherwise the tick is asked to come back then.</summary>
    public bool IsDue(Tick tick)
    {
        if (_expected) Shorten(tick);
        if (_forgotten || (tick.Monotonic >= _due && budget.MayLook(tick.Monotonic))) return true;
        tick.ComeBackIn(tick.Monotonic >= _due ? Limits.BudgetPause : _due - tick.Monotonic);
        return false;
    }

    /// <summary>Notes what a look brought.</summary>
    public void Looked(Tick tick, bool moved)
    {
        _forgotten = false;
        var shortest = least();
        _pause = moved || _pause * Growth < shortest ? shortest : _pause * Growth < Limits.IdleDelay ? _pause * Growth : Limits.IdleDelay;
        _due = tick.Monotonic + _pause;
        tick.ComeBackIn(_pause);
    }

    /// <summary>Something was sent that will soon have an effect.</summary>
    public void Expect() => _expected = true;

    /// <summary>
    /// What was seen is forgotten: the next tick looks, whatever the budget says. All other steps judge by what is remembered: without agents a job over several
    /// nodes would have lost its nodes, and a claimed offer would be nowhere.
    /// </summary>
    public void LookNow()
    {
        _forgotten = true;
        _pause = TimeSpan.Zero;
    }

    private void Shorten(Tick tick)
    {
        _expected = false;
        _pause = least();
        if (tick.Monotonic + _pause < _due) _due = tick.Monotonic + _pause;
    }
}
