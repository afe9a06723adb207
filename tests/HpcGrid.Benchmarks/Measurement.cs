using System.Diagnostics;
using System.Globalization;

namespace HpcGrid.Benchmarks;

/// <summary>What something took.</summary>
/// <param name="What">What was done.</param>
/// <param name="Number">How many of it.</param>
/// <param name="Seconds">Wall clock.</param>
/// <param name="Cpu">What it took.</param>
/// <param name="Value">What is not a rate: shown instead of one.</param>
/// <param name="P95">Milliseconds of the slow ones; 0 for what has none.</param>
internal sealed record Measurement(string What, int Number, double Seconds, CpuSpent Cpu, double Value, double P95)
{
    public static async Task<Measurement> Of(string what, int number, CentralProcess central, Func<Task> work)
    {
        var (before, clock) = (CpuSpent.By(central), Stopwatch.StartNew());
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        var measured = new Measurement(what, number, seconds, CpuSpent.By(central) - before, 0, 0);
        await Console.Error.WriteLineAsync(string.Join("  ", measured.Cells()));
        return measured;
    }

    private bool IsRate => Seconds > 0 && P95 == 0;
    private string Rate => IsRate ? Text(Number / Seconds, "F0") : P95 > 0 ? $"p50 {Text(Value, "F1")} ms, p95 {Text(P95, "F1")} ms" : Text(Value, "F0");
    private string OfEach(double seconds) => IsRate ? Text(1e6 * seconds / Number, "F1") : "";

    public string[] Cells() => [What, Text(Number, "F0"), Text(Seconds, "F2"), Rate, OfEach(Cpu.Central), OfEach(Cpu.Clients)];

    /// <summary>Beside the same thing measured before: the ratio of rates, or of CPU when that is what the machine lets us trust.</summary>
    public string[] Against(Measurement before) =>
        [Rate, OfEach(Cpu.Central), IsRate ? $"{Text(before.Seconds / Seconds * Number / before.Number, "F2")} (CPU {Text(before.Cpu.Central / Math.Max(Cpu.Central, 0.01), "F2")})" : ""];

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>CPU seconds, user and system.</summary>
/// <param name="Central">Of the daemon.</param>
/// <param name="Clients">Of this process, which plays users and bridges.</param>
internal readonly record struct CpuSpent(double Central, double Clients)
{
    public static CpuSpent By(CentralProcess central) => new(central.Cost.CpuSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);

    public static CpuSpent operator -(CpuSpent left, CpuSpent right) => new(left.Central - right.Central, left.Clients - right.Clients);
}
