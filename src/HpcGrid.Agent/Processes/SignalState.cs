using System.Globalization;

namespace HpcGrid.Agent.Processes;

/// <summary>What this process does with signals, as the kernel tells.</summary>
internal static class SignalState
{
    private const string Status = "/proc/self/status", IgnoredLine = "SigIgn:";
    private const int Signals = 64;

    /// <summary>Signals that are ignored, by the runtime or since before it: a program that is started would ignore them too.</summary>
    public static IEnumerable<int> Ignored()
    {
        var line = File.ReadLines(Status).First(line => line.StartsWith(IgnoredLine, StringComparison.Ordinal));
        var mask = ulong.Parse(line.AsSpan(IgnoredLine.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return Enumerable.Range(1, Signals).Where(signal => (mask >> (signal - 1) & 1) == 1);
    }
}
