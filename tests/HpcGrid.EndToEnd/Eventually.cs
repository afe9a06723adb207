using System.Diagnostics;

namespace HpcGrid.EndToEnd;

/// <summary>Waiting for a condition with a bound.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static Task True(Func<bool> condition, TimeSpan bound, string what) =>
        True(() => Task.FromResult(condition()), bound, () => what);

    public static async Task True(Func<Task<bool>> condition, TimeSpan bound, Func<string> what)
    {
        using var timer = new PeriodicTimer(Pause);
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.That(clock.Elapsed, Is.LessThan(bound), $"waited for {what()}");
            await timer.WaitForNextTickAsync();
        }
    }
}
