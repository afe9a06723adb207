using System.Globalization;

namespace HpcGrid.Agent.Monitoring;

/// <summary>What nvidia-smi says of a node's GPUs. Pure.</summary>
/// <param name="Use">How busy each GPU is, 0 to 1, by its UUID.</param>
/// <param name="Apps">Which process is on which GPU with how much memory.</param>
internal sealed record GpuReading(IReadOnlyDictionary<string, double> Use, IReadOnlyList<GpuApp> Apps)
{
    /// <summary>The questions, as nvidia-smi is asked them, one after the other.</summary>
    public static IReadOnlyList<string> Questions { get; } = ["--query-gpu=uuid,utilization.gpu", "--query-compute-apps=gpu_uuid,pid,used_memory"];

    /// <summary>
    /// Reads the answers to both questions, in "csv,noheader,nounits". A line that says "[N/A]" or anything else that is no number is left out:
    /// drivers differ in what they know.
    /// </summary>
    public static GpuReading Parse(IEnumerable<string> lines)
    {
        var use = new Dictionary<string, double>();
        var apps = new List<GpuApp>();
        foreach (var fields in lines.Select(line => line.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (fields is [var gpu, var percent] && Number(percent) is { } busy) use[gpu] = Math.Clamp(busy / 100, 0, 1);
            else if (fields is [var on, var process, var memory] && Number(process) is { } id)
                apps.Add(new GpuApp(on, (int)id, (long)((Number(memory) ?? 0) * 1024)));
        }
        return new GpuReading(use, apps);
    }

    /// <summary>How busy the GPUs of these processes are on average, and what memory they hold there; zero when they are on none.</summary>
    public (double Share, long MemoryKib) Of(IEnumerable<int> processes)
    {
        var ids = processes.ToHashSet();
        var mine = Apps.Where(app => ids.Contains(app.Process)).ToList();
        var gpus = mine.Select(app => app.Gpu).Distinct().Select(gpu => Use.GetValueOrDefault(gpu)).ToList();
        return (gpus.Count == 0 ? 0 : gpus.Average(), mine.Sum(app => app.MemoryKib));
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>One process on one GPU.</summary>
internal sealed record GpuApp(string Gpu, int Process, long MemoryKib);
