using System.Diagnostics;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>The same jobs by what people would use instead, on the same cores in the same run.</summary>
internal static class Peers
{
    /// <param name="Name">What it is.</param>
    /// <param name="Keeps">What is left of the run when the machine dies in its middle.</param>
    /// <param name="Rate">Jobs per second; null when it is not installed.</param>
    /// <param name="CpuMicroseconds">User and system time of one job with its share of the tool; 0 when it is not installed.</param>
    public sealed record Measured(string Name, string Keeps, double? Rate, double CpuMicroseconds);

    /// <param name="Program">Must be installed.</param>
    /// <param name="CommandLine">For a shell, in the run's folder.</param>
    /// <param name="JobsAtMost">Slow ones get fewer jobs.</param>
    private sealed record Peer(string Name, string Keeps, string Program, string CommandLine, int JobsAtMost = int.MaxValue);

    /// <summary>The tools that the end-to-end table shows.</summary>
    public static Task<IReadOnlyList<Measured>> Measure(BenchOptions options, string folder) => Measure(options, folder, [.. Common(options)]);

    /// <summary>All tools known here.</summary>
    public static Task<IReadOnlyList<Measured>> MeasureAll(BenchOptions options, string folder) =>
        Measure(options, folder, [.. Common(options), .. Others(options)]);

    private static async Task<IReadOnlyList<Measured>> Measure(BenchOptions options, string folder, IReadOnlyList<Peer> peers)
    {
        await File.WriteAllLinesAsync(Path.Combine(folder, "all.txt"), Enumerable.Range(1, options.Jobs).Select(i => i.ToString()));
        await File.WriteAllTextAsync(Path.Combine(folder, "Makefile"),
            $"all: {string.Join(' ', Enumerable.Range(1, options.Jobs).Select(i => $"j{i}"))}\nj%:\n\t@{options.Command}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "build.ninja"), $"rule r\n  command = {options.Command}\n"
            + string.Concat(Enumerable.Range(1, options.Jobs).Select(i => $"build o{i}: r\n")));
        var measured = new List<Measured>();
        foreach (var peer in peers) measured.Add(await Measure(peer, Math.Min(options.Jobs, peer.JobsAtMost), folder));
        return measured;
    }

    private static IEnumerable<Peer> Common(BenchOptions options)
    {
        var (cores, command) = (Environment.ProcessorCount, options.Command);
        yield return new Peer($"xargs -P{cores} sh -c", "nothing", "xargs", $"xargs -a jobs.txt -n1 -P{cores} sh -c 'exec {command}'");
        yield return new Peer($"xargs -P{cores}", "nothing", "xargs", $"xargs -a jobs.txt -n1 -P{cores} {command}");
        yield return new Peer($"GNU parallel -j{cores}", "nothing", "parallel", $"parallel --will-cite -j{cores} -n0 -a jobs.txt {command}", 5000);
        yield return new Peer($"GNU parallel -j{cores} --joblog --results", "exit codes, outputs", "parallel",
            $"parallel --will-cite -j{cores} -n0 -a jobs.txt --joblog joblog --results results {command}", 5000);
    }

    private static IEnumerable<Peer> Others(BenchOptions options)
    {
        var (cores, command) = (Environment.ProcessorCount, options.Command);
        yield return new Peer($"make -j{cores}", "nothing (phony targets)", "make", $"make -s -j{cores} all");
        yield return new Peer($"ninja -j{cores}", "which are done", "ninja", $"ninja -j{cores} --quiet");
        yield return new Peer("nq, one queue", "each job's output and exit code", "nq",
            $"mkdir -p q && export NQDIR=q && xargs -a jobs.txt -n1 sh -c 'nq -q {command}' && nq -w", 500);
        yield return new Peer("task-spooler (tsp)", "nothing: its server has it in memory", "tsp",
            $"export TS_SOCKET=$PWD/tsp.socket TMPDIR=$PWD; tsp -S {cores}; xargs -a jobs.txt -n1 sh -c 'tsp -n {command} >&2'; "
            + "while tsp | grep -Eq ' (queued|running) '; do sleep 0.05; done; tsp -K", 500);
        // Debian's modules are those of Debian's interpreter, wherever else there is one.
        yield return new Peer("Dask distributed, with its start", "nothing: its scheduler has it in memory", "dask-scheduler",
            $"/usr/bin/python3 {Script("dask_run.py")} $(wc -l < jobs.txt) {cores} {command}", 5000);
        yield return new Peer("Celery and Redis, with its start", "what waits, up to the last second; results", "redis-server",
            $"cp {Script("celery_run.py")} . && /usr/bin/python3 celery_run.py $(wc -l < jobs.txt) {cores} {command}", 5000);
        // Its daemons are not among the processes whose CPU time is counted.
        yield return new Peer("Slurm, a step for each job", "the allocation, not which steps are done", "sinfo",
            $"salloc -Q -n{cores} sh -c 'xargs -a jobs.txt -n1 -P{cores} srun -n1 --exact {command}'", 300);
    }

    private static async Task<Measured> Measure(Peer peer, int jobs, string folder)
    {
        if (!IsInstalled(peer.Program) || (peer.Program == "sinfo" && !HasSlurm())) return new Measured(peer.Name, peer.Keeps, null, 0);
        var (clock, before) = (Stopwatch.StartNew(), CpuUse.OfEndedChildren());
        var command = Command.Run("/bin/sh", ["-c", $"head -{jobs} all.txt > jobs.txt; ({peer.CommandLine}) >/dev/null"],
            shell => shell.ThrowOnError(false).WorkingDirectory(folder));
        var result = await command.Task;
        return result.Success
            ? new Measured(peer.Name, peer.Keeps, jobs / clock.Elapsed.TotalSeconds, (CpuUse.OfEndedChildren() - before) / jobs * 1e6)
            : throw new InvalidOperationException($"{peer.Program} failed: {result.StandardError}");
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "peers", name);

    /// <summary>tools/bench starts one where it may.</summary>
    private static bool HasSlurm() => Environment.GetEnvironmentVariable("SLURM_CONF") is not null;

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
