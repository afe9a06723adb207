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
        var coresEach = options.CoresPerNode > 0 ? options.CoresPerNode : Math.Max(1, Environment.ProcessorCount / options.Nodes);
        string[] elsewhere = options.Spool.Length > 0 ? ["--spool", Path.Combine(Path.GetFullPath(options.Spool), Path.GetFileName(folder))] : [];
        await grid.Run(["local", "up", "--nodes", Text(options.Nodes), "--cores-per-node", Text(coresEach), .. elsewhere]);
        return grid;
    }

    /// <summary>A connection as the grid's user.</summary>
    public GridClient Connect() => new(ClientFile.Read(Path.Combine(_home, "client.yaml")));

    /// <summary>The bridge's own statistics.</summary>
    public JsonDocument BridgeStatus() => JsonDocument.Parse(File.ReadAllText(Path.Combine(_home, "bridge", "status.json")));

    /// <summary>Peak resident memory of each of the grid's programs, MiB: the largest of its processes.</summary>
    public IReadOnlyDictionary<string, double> PeakMemory() => Sorted(Processes()
        .GroupBy(process => process.Program, process => CpuUse.PeakMebibytes(process.Id)), peaks => peaks.Max());

    /// <summary>CPU seconds of each of the grid's programs so far, all its processes together.</summary>
    public IReadOnlyDictionary<string, CpuUse> Cpu() => Sorted(Processes()
        .GroupBy(process => process.Program, process => CpuUse.Of(process.Id)), uses => uses.Aggregate((one, other) => one + other));

    /// <summary>Runs a command of the command line in this grid.</summary>
    public Task Cli(params string[] arguments) => Run(arguments);

    private static SortedDictionary<string, T> Sorted<TOne, T>(IEnumerable<IGrouping<string, TOne>> groups, Func<IEnumerable<TOne>, T> fold) =>
        new(groups.ToDictionary(group => group.Key, group => fold(group)), StringComparer.Ordinal);

    private IEnumerable<(string Id, string Program)> Processes() =>
        from path in Directory.EnumerateDirectories("/proc")
        let id = Path.GetFileName(path)
        where char.IsAsciiDigit(id[0])
        let program = Path.GetFileName(ProcText.Read($"/proc/{id}/cmdline").Split('\0')[0])
        where program.StartsWith("hpcgrid-", StringComparison.Ordinal) && program != "hpcgrid-bench"
            && ProcText.Read($"/proc/{id}/environ").Contains(_home, StringComparison.Ordinal)
        select (id, program);

    public async ValueTask DisposeAsync() => await Run("local", "down", "--purge");

    private async Task Run(params string[] arguments)
    {
        var command = Command.Run(_hpcgrid, arguments, shell => shell.EnvironmentVariables(_environment).ThrowOnError(false));
        var result = await command.Task;
        if (!result.Success) throw new InvalidOperationException($"hpcgrid {string.Join(' ', arguments)} failed: {result.StandardError}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
