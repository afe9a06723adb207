namespace HpcGrid.Spool;

/// <summary>Spreads metadata operations (PROTOCOL 5): so many a second on average, so many at once. The time comes from the caller.</summary>
/// <param name="rate">Tokens a second.</param>
/// <param name="burst">Most tokens it holds; it begins full.</param>
public sealed class TokenBucket(double rate, double burst)
{
    private double _spent;
    private TimeSpan? _last;

    /// <summary>
    /// Takes the tokens when there are enough. More than it can hold pass when it is full and leave a debt: otherwise they would wait for ever.
    /// </summary>
    /// <param name="now">Any monotonic time.</param>
    /// <param name="tokens">How many.</param>
    public bool TryTake(TimeSpan now, double tokens)
    {
        if (_last is { } last && now > last) _spent = Math.Max(0, _spent - (now - last).TotalSeconds * rate);
        _last = now;
        if (burst - _spent < Math.Min(tokens, burst)) return false;
        _spent += tokens;
        return true;
    }
}
