namespace HpcGrid.Simulate.World;

/// <summary>The one source of chance of a simulation (xoshiro256**): the same seed throws the same numbers on every machine and runtime.</summary>
internal sealed class Dice
{
    private ulong _a, _b, _c, _d;

    public Dice(ulong seed)
    {
        // SplitMix64: neighbouring seeds must not begin alike.
        ulong Mix()
        {
            var z = seed += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
        (_a, _b, _c, _d) = (Mix(), Mix(), Mix(), Mix());
    }

    public ulong Bits()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0 to below the bound.</summary>
    public int Next(int bound) => (int)(Bits() % (ulong)bound);

    /// <summary>0 to below 1.</summary>
    public double Unit() => (Bits() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => probability > 0 && Unit() < probability;

    public double Between(double from, double to) => from + (to - from) * Unit();

    /// <summary>A rare event is as likely to be rarer still: every order of magnitude alike.</summary>
    public double LogBetween(double from, double to) => Math.Exp(Between(Math.Log(from), Math.Log(to)));

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}
