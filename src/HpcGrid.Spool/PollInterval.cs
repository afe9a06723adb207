namespace HpcGrid.Spool;

/// <summary>
/// How long to wait until the next poll (PROTOCOL 5): short after something happened, then 1.5 times longer each time up to the longest.
/// Jitter keeps a thousand agents from polling in step.
/// </summary>
public sealed class PollInterval(TimeSpan shortest, TimeSpan longest)
{
    private const double Growth = 1.5;
    private const double Jitter = 0.25;
    private TimeSpan? _planned;

    /// <summary>The next pause, within 25 % of the plan. <paramref name="sample"/> is a random number from 0 to 1, the caller's.</summary>
    public TimeSpan Next(double sample)
    {
        var planned = _planned ?? shortest;
        _planned = planned * Growth < longest ? planned * Growth : longest;
        return planned * (1 - Jitter + 2 * Jitter * sample);
    }

    /// <summary>Nothing has happened for long: the next pause is the longest.</summary>
    public bool Rests => _planned >= longest;

    /// <summary>Something happened or is expected: poll quickly again.</summary>
    public void Reset() => _planned = null;
}
