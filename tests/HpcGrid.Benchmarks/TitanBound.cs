namespace HpcGrid.Benchmarks;

/// <summary>
/// How much of a pilot's walltime anybody could use, with these jobs: who begins a job only while its TTL fits into what is left, knows no more of a job's length
/// than its kind, and in the long run takes of all kinds what there is of them, but for the last jobs of all. Nobody can have more: whatever price each kind
/// costs, the best plan at these prices is worth at least as much as any plan that takes each kind in its share. Prices are moved until that says least
/// (Lagrange's dual, by subgradients); the best plan at given prices is found backwards from the pilot's end. Lengths are counted in steps and rounded
/// down, so that what comes out is never too little.
/// </summary>
internal sealed class TitanBound
{
    private const int StepsOfShortest = 60, MostSteps = 100_000, Rounds = 300;
    private const double FirstStride = 2 * StepsOfShortest, StrideDecay = 0.2;

    /// <summary>Lengths from Least on and less than Most, which is the TTL; Mean is not rounded.</summary>
    private readonly (int Least, int Most, double Mean, double Share)[] _kinds;
    private readonly double _done;
    private readonly double[] _sums;
    private readonly int[] _plan;

    private TitanBound(IReadOnlyList<double> longest, int steps, double done)
    {
        _done = done;
        _kinds = new (int, int, double, double)[longest.Count];
        var from = 1.0;
        for (var kind = 0; kind < longest.Count; from = longest[kind++])
            _kinds[kind] = ((int)(from * StepsOfShortest), (int)(longest[kind] * StepsOfShortest), (from + longest[kind]) / 2 * StepsOfShortest,
                (longest[kind] - from) / (longest[^1] - 1));
        (_sums, _plan) = (new double[steps + 2], new int[steps + 1]);
    }

    /// <summary>A share of the walltime; null where jobs are so short that it is all of it.</summary>
    /// <param name="longest">The longest job of each kind, in lengths of the shortest of all, which is the first kind's; evenly spread.</param>
    /// <param name="walltime">Of a pilot, in lengths of the shortest job.</param>
    /// <param name="done">Share of the jobs that are counted.</param>
    public static double? Of(IReadOnlyList<double> longest, double walltime, double done)
    {
        var steps = walltime * StepsOfShortest;
        return steps > MostSteps ? null : new TitanBound(longest, (int)steps, done).Least() / steps;
    }

    private double Least()
    {
        var (prices, least) = (new double[_kinds.Length], double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            least = Math.Min(least, Worth(prices));
            var taken = Taken();
            var slope = _kinds.Select((kind, i) => kind.Share / _done * taken.Sum() - taken[i]).ToArray();
            var stride = FirstStride / (1 + StrideDecay * round) / Math.Max(1e-9, Math.Sqrt(slope.Sum(part => part * part)));
            for (var i = 0; i < prices.Length; i++) prices[i] = Math.Max(0, prices[i] - stride * slope[i]);
        }
        return least;
    }

    /// <summary>Of a whole pilot, by the best plan, which is kept. A job of a kind is worth its mean length and what a job costs in the mean, and costs its kind's price.</summary>
    private double Worth(double[] prices)
    {
        var mean = prices.Select((price, i) => price * _kinds[i].Share).Sum() / _done;
        var worth = 0.0;
        for (var left = 0; left < _plan.Length; left++, _sums[left] = _sums[left - 1] + worth)
        {
            (worth, _plan[left]) = (0, -1);
            for (var i = 0; i < _kinds.Length && _kinds[i].Most <= left; i++)
            {
                var (least, most, length, _) = _kinds[i];
                // What is left after it: each length of the kind is as likely.
                var with = length - prices[i] + mean + (_sums[left - least + 1] - _sums[left - most + 1]) / (most - least);
                if (with > worth) (worth, _plan[left]) = (with, i);
            }
        }
        return worth;
    }

    /// <summary>How many jobs of each kind the plan begins in a pilot, in the mean.</summary>
    private double[] Taken()
    {
        var (taken, changes, likely) = (new double[_kinds.Length], new double[_plan.Length], 0.0);
        changes[^1] = 1;
        for (var left = _plan.Length - 1; left >= 0; left--)
        {
            likely += changes[left];
            if (left == _plan.Length - 1 && left > 0) changes[left - 1]--;
            if (_plan[left] is not (>= 0 and var kind)) continue;
            var (least, most, _, _) = _kinds[kind];
            taken[kind] += likely;
            changes[left - least] += likely / (most - least);
            changes[left - most] -= likely / (most - least);
        }
        return taken;
    }
}
