using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Monitoring;

/// <summary>
/// Asks nvidia-smi from time to time while jobs run, where there is one. It is a process like a payload, started and waited for like one;
/// one that hangs, as it does with a broken GPU, is killed, and after some failures in a row nobody asks any more.
/// Belongs to the loop's thread.
/// </summary>
internal sealed class GpuProbe
{
    private const string Script = """program=$1; shift; for question; do "$program" "$question" --format=csv,noheader,nounits || exit 1; done""";

    private readonly JobRunner _runner;
    private readonly AgentClock _clock;
    private readonly string? _program;
    private readonly string _folder;
    private readonly string _agent;
    private TimeSpan _due;
    private long _start;
    private int _process, _failures;

    /// <param name="runner">Starts it.</param>
    /// <param name="clock">When to ask.</param>
    /// <param name="program">nvidia-smi; null where there is none.</param>
    /// <param name="folder">For its answer.</param>
    /// <param name="agent">This agent: a probe must not outlive it either.</param>
    public GpuProbe(JobRunner runner, AgentClock clock, string? program, string folder, string agent) =>
        (_runner, _clock, _program, _folder, _agent) = (runner, clock, program, folder, agent);

    /// <summary>The newest answer; null where nothing is known of GPUs.</summary>
    public GpuReading? Reading { get; private set; }

    /// <summary>nvidia-smi on a search path; null when it is not there.</summary>
    public static string? Find(string? path) =>
        (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, "nvidia-smi")).FirstOrDefault(File.Exists);

    /// <summary>Asks when it is time; answers when the next thing is due.</summary>
    public TimeSpan Step(TimeSpan now)
    {
        if (_program is null || _failures >= Limits.GpuFailures || _runner.Active.Count == 0) return TimeSpan.MaxValue;
        if (_due > now) return _due;
        if (_start > 0)
        {
            // Its end counts as a failure, whenever the kernel lets it end.
            if (_process > 0) _ = Libc.kill(-_process, Libc.Kill);
            return _due = now + Limits.GpuPatience;
        }
        var output = Path.Combine(_folder, "gpus");
        _start = _runner.StartHelper(new SpawnOrder("/bin/sh", ["/bin/sh", "-c", Script, "sh", _program, .. GpuReading.Questions],
            [$"{Guard.Variable}={_agent}", $"PATH={Environment.GetEnvironmentVariable("PATH")}"], _folder, output, output + ".errors", OutputFiles.Truncate));
        return _due = now + Limits.GpuPatience;
    }

    /// <summary>True when it was the probe that was started, or could not be: then it never can.</summary>
    public bool Take(ProcessStarted started)
    {
        if (_start == 0 || started.Number != _start) return false;
        _process = started.Result.ProcessId;
        if (_process == 0) (_start, _failures) = (0, Limits.GpuFailures);
        return true;
    }

    /// <summary>True when it was the probe that ended.</summary>
    public bool Take(ProcessEnded ended)
    {
        if (_start == 0 || ended.Number != _start) return false;
        (_start, _process) = (0, 0);
        _due = _clock.Now + Limits.GpuInterval;
        _failures = ended.Exit.ExitCode == 0 ? 0 : _failures + 1;
        if (ended.Exit.ExitCode == 0) Reading = GpuReading.Parse(File.ReadLines(Path.Combine(_folder, "gpus")));
        return true;
    }
}
