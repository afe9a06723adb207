namespace HpcGrid.Bridge;

/// <summary>How long jobs keep their cores and how many end per second, lately. Memory only: a restart learns it anew within seconds.</summary>
public sealed class WorkMeter
{
    private static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(2);
    private TimeSpan _at;
    private double _recent;

    /// <summary>Running mean of seconds per job; null before the first.</summary>
    public double? JobSeconds { get; private set; }

    /// <summary>Results committed since the start.</summary>
    public long Committed { get; private set; }

    /// <summary>Results that came again after they had been committed, or too late.</summary>
    public long Duplicates { get; private set; }

    /// <summary>A result was committed.</summary>
    public void Ended(TimeSpan monotonic, double seconds)
    {
        Decay(monotonic);
        _recent++;
        Committed++;
        JobSeconds = JobSeconds is { } mean ? mean + Limits.DurationWeight * (seconds - mean) : seconds;
    }

    /// <summary>A result changed nothing.</summary>
    public void Repeated() => Duplicates++;

    /// <summary>Jobs ended per second, weighing recent ones more.</summary>
    public double EndsPerSecond(TimeSpan monotonic)
    {
        Decay(monotonic);
        return _recent * Math.Log(2) / HalfLife.TotalSeconds;
    }

    private void Decay(TimeSpan monotonic)
    {
        if (monotonic > _at) _recent *= Math.Pow(0.5, (monotonic - _at) / HalfLife);
        _at = monotonic;
    }
}
