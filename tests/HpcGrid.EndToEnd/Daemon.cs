using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HpcGrid.EndToEnd;

/// <summary>One of our executables, run as a real process whose output goes to a file that a failing test shows.</summary>
internal sealed partial class Daemon : IDisposable
{
    private const int Sigkill = 9;
    private const int Sigterm = 15;
    private const int Sigstop = 19;
    private const int Sigcont = 18;

    private readonly Process _process;
    private readonly StreamWriter _log;

    private Daemon(Process process, StreamWriter log) => (_process, _log) = (process, log);

    public int Id => _process.Id;
    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts hpcgrid-NAME from beside the tests.</summary>
    public static Daemon Start(string name, string logFile, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(PathOf(name), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        var log = new StreamWriter(logFile, append: true) { AutoFlush = true };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Write(log, line.Data);
        process.ErrorDataReceived += (_, line) => Write(log, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new Daemon(process, log);
    }

    /// <summary>Runs one of our executables, or a program by its whole path, to its end.</summary>
    public static async Task<Finished> Run(string name, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(PathOf(name), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Finished(process.ExitCode, await output, await error);
    }

    public void KillNine() => Signal(Sigkill);

    public void Terminate() => Signal(Sigterm);

    public static void KillNine(int processId) => kill(processId, Sigkill);

    /// <summary>SIGSTOP; true when the process was there.</summary>
    public static bool Pause(int processId) => kill(processId, Sigstop) == 0;

    /// <summary>SIGTERM, as a batch system does it.</summary>
    public static bool Terminate(int processId) => kill(processId, Sigterm) == 0;

    public static bool Continue(int processId) => kill(processId, Sigcont) == 0;

    public Task WaitForExit(CancellationToken cancel) => _process.WaitForExitAsync(cancel);

    public void Dispose()
    {
        if (IsRunning) KillNine();
        _process.WaitForExit();
        _process.Dispose();
        lock (_log) _log.Dispose();
    }

    private void Signal(int signal)
    {
        if (IsRunning) kill(_process.Id, signal);
    }

    private static void Write(StreamWriter log, string? line)
    {
        if (line is null) return;
        lock (log)
            if (log.BaseStream is not null) log.WriteLine(line);
    }

    private static string PathOf(string name) => Path.IsPathRooted(name) ? name : Path.Combine(AppContext.BaseDirectory, name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);
}

/// <summary>How a command ended and what it said.</summary>
internal sealed record Finished(int ExitCode, string Output, string Error);
