using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HpcGrid.Core;
using Medallion.Shell;

namespace HpcGrid.Cli.Local;

/// <summary>
/// Starts and ends the local grid's processes. They live in sessions of their own and survive this program; each carries
/// HPCGRID_LOCAL=HOME in its environment, and so does all that it starts: the last resort for finding what is left.
/// </summary>
internal sealed partial class LocalProcesses(LocalHome home)
{
    private const int Sigkill = 9;
    private const int Sigterm = 15;
    private const string Mark = "HPCGRID_LOCAL";

    /// <summary>A folder whose programs daemons find before others; null for none.</summary>
    public string? ProgramsFirst { get; set; }

    /// <summary>Starts a daemon that outlives us, its output appended to its log.</summary>
    public async Task<ProcessMark> Start(string name, params string[] arguments)
    {
        Directory.CreateDirectory(home.Temporary);
        // setsid replaces the shell's child without a fork, so $! is the daemon itself.
        const string script = "log=$1; shift; setsid \"$@\" >>\"$log\" 2>&1 </dev/null & echo $!";
        var shell = Command.Run("/bin/sh", ["-c", script, "sh", home.LogOf(name), SiblingDaemon.PathOf(name), .. arguments], options =>
            options.EnvironmentVariables(Environment()));
        var output = await shell.StandardOutput.ReadToEndAsync();
        var result = await shell.Task;
        if (!result.Success || !int.TryParse(output, NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var id))
            throw new GridError(ErrorCode.Unavailable, $"hpcgrid-{name} could not be started: {result.StandardError.Trim()}",
                "setsid (util-linux) and /bin/sh are needed.");
        return new ProcessMark(id, StartOf(id) ?? 0);
    }

    /// <summary>Runs a daemon's one-off command. Throws GridError with what it said when it fails.</summary>
    public async Task Run(string name, params string[] arguments)
    {
        var result = await Command.Run(SiblingDaemon.PathOf(name), arguments.Cast<object>(), options =>
            options.EnvironmentVariables(Environment())).Task;
        if (!result.Success)
            throw new GridError(ErrorCode.Unavailable,
                $"`hpcgrid-{name} {string.Join(' ', arguments)}` failed: {(result.StandardError + result.StandardOutput).Trim()}",
                $"Its log is below {home.Folder}.");
    }

    public static bool Runs(ProcessMark? process) => process is not null && StartOf(process.Id) == process.Started;

    /// <summary>Asks a process to end and waits for it; kills it when the bound has passed. False when it had to be killed.</summary>
    public static async Task<bool> End(ProcessMark? process, TimeSpan bound)
    {
        if (process is null || !Runs(process)) return true;
        _ = kill(process.Id, Sigterm);
        if (await Until(() => !Runs(process), bound)) return true;
        _ = kill(process.Id, Sigkill);
        await Until(() => !Runs(process), bound);
        return false;
    }

    /// <summary>Daemons and agents of this home that still run, found by their environment.</summary>
    public IReadOnlyList<ProcessMark> Left() => Find(process => Has(process, "environ", $"{Mark}={home.Folder}\0"));

    /// <summary>
    /// What agents have left: payloads, whose environment is their own but for a TMPDIR in the sandbox, and the guards of agents, which have none.
    /// </summary>
    public IReadOnlyList<ProcessMark> Orphans() => Find(process => Has(process, "environ", $"TMPDIR={home.Folder}/")
        || (Has(process, "cmdline", "HPCGRID_AGENT=") && WorksBelow(process, home.Folder)));

    private static List<ProcessMark> Find(Func<string, bool> wanted)
    {
        var found = new List<ProcessMark>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != System.Environment.ProcessId && wanted(directory) && StartOf(id) is { } started)
                found.Add(new ProcessMark(id, started));
        return found;
    }

    /// <summary>One of the texts, each of which ends in a zero byte, begins so.</summary>
    private static bool Has(string process, string file, string beginning) =>
        Read($"{process}/{file}") is { } texts && ((byte[])[0, .. texts]).AsSpan().IndexOf(Encoding.UTF8.GetBytes("\0" + beginning)) >= 0;

    private static bool WorksBelow(string process, string folder)
    {
        try { return new FileInfo($"{process}/cwd").LinkTarget?.StartsWith(folder + "/", StringComparison.Ordinal) == true; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    /// <summary>False when the bound passed first.</summary>
    public static async Task<bool> Until(Func<bool> condition, TimeSpan bound)
    {
        for (var begun = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(Limits.LocalPoll))
            if (Stopwatch.GetElapsedTime(begun) > bound) return false;
        return true;
    }

    private Dictionary<string, string> Environment() => new()
    {
        [Mark] = home.Folder,
        ["TMPDIR"] = home.Temporary,
        ["PATH"] = (ProgramsFirst is { } first ? first + ":" : "") + System.Environment.GetEnvironmentVariable("PATH"),
        // No diagnostic pipe in /tmp.
        ["DOTNET_EnableDiagnostics"] = "0",
    };

    /// <summary>When a process started; null when there is none, or only its corpse.</summary>
    private static long? StartOf(int id)
    {
        if (Read($"/proc/{id}/stat") is not { } bytes) return null;
        // The name stands in brackets and may hold anything, brackets too.
        var text = Encoding.UTF8.GetString(bytes);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    private static byte[]? Read(string path)
    {
        try { return File.ReadAllBytes(path); }
        // The process ended between the listing and the reading, or it is not ours.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
