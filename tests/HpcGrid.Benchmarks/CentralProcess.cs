using System.Diagnostics;
using System.Globalization;
using HpcGrid.Client;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>A central of its own in a folder that goes with it: the real daemon, with an admin and a bridge called titan.</summary>
internal sealed class CentralProcess : IAsyncDisposable
{
    private readonly string _hpcgrid = Environment.GetEnvironmentVariable("HPCGRID") ?? throw new InvalidOperationException("start the benchmarks through tools/bench");
    private Command? _command;
    private int _daemon;

    private CentralProcess(string home) => Home = home;

    public string Home { get; }
    public string Database => Path.Combine(Home, "central.db");

    /// <summary>A new home, and the daemon in it.</summary>
    /// <param name="settings">Lines of its central.yaml.</param>
    public static async Task<CentralProcess> Start(string settings = "")
    {
        var folder = Environment.GetEnvironmentVariable("HPCGRID_BENCH") ?? "artifacts/bench";
        var central = new CentralProcess(Path.GetFullPath(Path.Combine(folder, Guid.NewGuid().ToString("N")[..8])));
        Directory.CreateDirectory(central.Home);
        await Command.Run(central._hpcgrid, "central", "init", "--home", central.Home).Task;
        await Command.Run(central._hpcgrid, "central", "user", "add", "titan", "--home", central.Home, "--role", "bridge").Task;
        if (settings.Length > 0) await File.WriteAllTextAsync(Path.Combine(central.Home, "central.yaml"), settings);
        await central.Resume();
        return central;
    }

    /// <summary>Starts the daemon again.</summary>
    public async Task Resume()
    {
        _command = Command.Run(_hpcgrid, ["central", "run", "--home", Home], shell => shell.ThrowOnError(false).DisposeOnExit(false));
        await using var first = Connect("admin");
        await first.Call(new Core.Api.WhoAmI(), default);
        _daemon = ProcessCost.Find("hpcgrid-central", Home) ?? throw new InvalidOperationException("central does not run");
    }

    /// <summary>Ends the daemon; what it answered stays.</summary>
    public async Task Stop()
    {
        if (_command is null) return;
        // The command starts the daemon as a process of its own.
        _command.Process.Kill(entireProcessTree: true);
        await _command.Task;
        if (ProcessCost.Find("hpcgrid-central", Home) is { } left) Process.GetProcessById(left).Kill();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (ProcessCost.Find("hpcgrid-central", Home) is not null) await timer.WaitForNextTickAsync();
        _command = null;
    }

    public ProcessCost Cost => ProcessCost.Of(_daemon);

    public GridClient Connect(string account) =>
        new(ClientFile.Read(Path.Combine(Home, "users", account, "client.yaml"))) { Patience = TimeSpan.FromMinutes(10) };

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Directory.Delete(Home, recursive: true);
    }
}

/// <summary>What a process has used so far.</summary>
/// <param name="CpuSeconds">User and system.</param>
/// <param name="PeakMebibytes">Largest resident memory.</param>
internal readonly record struct ProcessCost(double CpuSeconds, double PeakMebibytes)
{
    private const double TicksPerSecond = 100;

    public static ProcessCost Of(int process)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var peak = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return new ProcessCost(ticks / TicksPerSecond, double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024);
    }

    /// <summary>The process of this program whose command line names this folder; null when none does.</summary>
    public static int? Find(string program, string folder)
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                var words = File.ReadAllText(directory + "/cmdline").Split('\0');
                if (Path.GetFileName(words[0]) == program && words.Contains(folder)) return int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { continue; }
        }
        return null;
    }
}
