using System.Diagnostics;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>The same jobs by what people would use instead, on the same cores in the same run.</summary>
internal static class Peers
{
    /// <param name="Name">What it is.</param>
    /// <param name="Keeps">What is left of the run when the machine dies in its middle.</param>
    /// <param name="Rate">Jobs per second; null when it is not installed.</param>
    public sealed record Measured(string Name, string Keeps, double? Rate);

    public static async Task<IReadOnlyList<Measured>> Measure(BenchOptions options, string folder)
    {
        var cores = Environment.ProcessorCount;
        var list = Path.Combine(folder, "jobs.txt");
        await File.WriteAllLinesAsync(list, Enumerable.Range(1, options.Jobs).Select(i => i.ToString()));
        var results = Path.Combine(folder, "parallel");
        return
        [
            new($"xargs -P{cores} sh -c", "nothing", await Rate(options, $"xargs -a '{list}' -n1 -P{cores} sh -c 'exec {options.Command}' ", "xargs")),
            new($"xargs -P{cores}", "nothing", await Rate(options, $"xargs -a '{list}' -n1 -P{cores} {options.Command}", "xargs")),
            new($"GNU parallel -j{cores}", "nothing", await Rate(options, $"parallel --will-cite -j{cores} -n0 -a '{list}' {options.Command}", "parallel")),
            new($"GNU parallel -j{cores} --joblog --results", "exit codes, outputs",
                await Rate(options, $"parallel --will-cite -j{cores} -n0 -a '{list}' --joblog '{folder}/joblog' --results '{results}' {options.Command}", "parallel")),
        ];
    }

    private static async Task<double?> Rate(BenchOptions options, string commandLine, string program)
    {
        if (!IsInstalled(program)) return null;
        var clock = Stopwatch.StartNew();
        var command = Command.Run("/bin/sh", ["-c", commandLine + " >/dev/null"], shell => shell.ThrowOnError(false));
        var result = await command.Task;
        return result.Success
            ? options.Jobs / clock.Elapsed.TotalSeconds
            : throw new InvalidOperationException($"{program} failed: {result.StandardError}");
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
