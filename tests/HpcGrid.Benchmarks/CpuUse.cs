using System.Globalization;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Benchmarks;

/// <summary>CPU seconds, user and system: what a machine that others use too does not blur.</summary>
/// <param name="Own">Of processes themselves.</param>
/// <param name="Children">Of children that have ended and were waited for: payloads.</param>
internal readonly record struct CpuUse(double Own, double Children)
{
    private const int EndedChildren = -1;
    private const double TicksPerSecond = 100;

    /// <summary>Of all children of this process so far.</summary>
    public static unsafe double OfEndedChildren()
    {
        ResourceUse use;
        return Libc.getrusage(EndedChildren, &use) == 0 ? use.CpuSeconds : 0;
    }

    /// <summary>Of one process; nothing when it is gone.</summary>
    public static CpuUse Of(string process)
    {
        var stat = ProcText.Read($"/proc/{process}/stat");
        if (stat.Length == 0) return default;
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double Seconds(int at) => long.Parse(fields[at], CultureInfo.InvariantCulture) / TicksPerSecond;
        return new CpuUse(Seconds(11) + Seconds(12), Seconds(13) + Seconds(14));
    }

    /// <summary>The largest resident size of a process so far, MiB; 0 when it is gone.</summary>
    public static double PeakMebibytes(string process)
    {
        var line = ProcText.Read($"/proc/{process}/status").Split('\n').FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    public static CpuUse operator +(CpuUse left, CpuUse right) => new(left.Own + right.Own, left.Children + right.Children);

    public static CpuUse operator -(CpuUse left, CpuUse right) => new(left.Own - right.Own, left.Children - right.Children);
}

/// <summary>Files of /proc, which go with their process.</summary>
internal static class ProcText
{
    public static string Read(string path)
    {
        try { return File.ReadAllText(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
