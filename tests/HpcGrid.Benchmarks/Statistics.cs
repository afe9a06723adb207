namespace HpcGrid.Benchmarks;

internal static class Statistics
{
    public static double Median(IEnumerable<double> values) => Quantile([.. values.Order()], 0.5);

    /// <param name="sorted">At least one.</param>
    /// <param name="q">0 to 1.</param>
    public static double Quantile(double[] sorted, double q) => sorted[(int)Math.Min(sorted.Length - 1, q * sorted.Length)];

    /// <summary>Waits without a busy core; false when it did not come true in time.</summary>
    public static async Task<bool> Until(Func<bool> condition, TimeSpan atMost, TimeSpan pause)
    {
        using var timer = new PeriodicTimer(pause);
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); clock.Elapsed < atMost; await timer.WaitForNextTickAsync())
            if (condition()) return true;
        return condition();
    }
}
