using System.Globalization;
using System.Text.Json;
using HpcGrid.Client;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>A grid of real processes on this machine, as `hpcgrid local up` makes it, in a folder of its own.</summary>
internal sealed class LocalGrid : IAsyncDisposable
{
    private readonly string _hpcgrid;
    private readonly string _home;
    private readonly Dictionary<string, string> _environment;

    private LocalGrid(string folder)
    {
        _hpcgrid = Environment.GetEnvironmentVariable("HPCGRID") ?? throw new InvalidOperationException("start the benchmarks through tools/bench");
        _home = Path.Combine(folder, "grid");
        _environment = new() { ["HPCGRID_HOME"] = _home };
    }

    /// <summary>Where the grid keeps its state.</summary>
    public string Home => _home;

    public static async Task<LocalGrid> Up(string folder, BenchOptions options)
    {
        var grid = new LocalGrid(folder);
        var coresEach = Math.Max(1, Environment.ProcessorCount / options.Nodes);
        await grid.Run("local", "up", "--nodes", Text(options.Nodes), "--cores-per-node", Text(coresEach));
        return grid;
    }

    /// <summary>A connection as the grid's user.</summary>
    public GridClient Connect() => new(ClientFile.Read(Path.Combine(_home, "client.yaml")));

    /// <summary>The bridge's own statistics.</summary>
    public JsonDocument BridgeStatus() => JsonDocument.Parse(File.ReadAllText(Path.Combine(_home, "bridge", "status.json")));

    /// <summary>Peak resident memory of each of the grid's processes by name, MiB: the largest of those with the same name.</summary>
    public IReadOnlyDictionary<string, double> PeakMemory()
    {
        var peaks = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            var command = Read(process + "/cmdline").Split('\0')[0];
            var name = Path.GetFileName(command);
            if (!name.StartsWith("hpcgrid-", StringComparison.Ordinal) || name == "hpcgrid-bench" || !Read(process + "/environ").Contains(_home, StringComparison.Ordinal)) continue;
            var peak = Read(process + "/status").Split('\n').FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (peak is null) continue;
            var mebibytes = double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
            peaks[name] = Math.Max(peaks.GetValueOrDefault(name), mebibytes);
        }
        return peaks;
    }

    public async ValueTask DisposeAsync() => await Run("local", "down", "--purge");

    private async Task Run(params string[] arguments)
    {
        var command = Command.Run(_hpcgrid, arguments, shell => shell.EnvironmentVariables(_environment).ThrowOnError(false));
        var result = await command.Task;
        if (!result.Success) throw new InvalidOperationException($"hpcgrid {string.Join(' ', arguments)} failed: {result.StandardError}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Read(string path)
    {
        try { return File.ReadAllText(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
