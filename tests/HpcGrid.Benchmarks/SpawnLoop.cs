using System.Globalization;
using Medallion.Shell;

namespace HpcGrid.Benchmarks;

/// <summary>What a loop took: seconds, and CPU seconds with those of its jobs.</summary>
internal readonly record struct LoopUse(int Jobs, double Seconds, double CpuSeconds)
{
    public double Rate => Jobs / Seconds;

    /// <summary>Of CPU for a job with its share of the loop.</summary>
    public double Microseconds => CpuSeconds / Jobs * 1e6;

    public static LoopUse operator +(LoopUse a, LoopUse b) => new(a.Jobs + b.Jobs, a.Seconds + b.Seconds, a.CpuSeconds + b.CpuSeconds);
}

/// <summary>The C loop that an agent is measured against, compiled here; null where there is no compiler.</summary>
internal sealed class SpawnLoop
{
    private readonly string _program;

    private SpawnLoop(string program) => _program = program;

    public static async Task<SpawnLoop?> Compile(string folder)
    {
        var program = Path.Combine(folder, "spawn-loop");
        try
        {
            var compiled = await Command.Run("cc", "-O2", "-o", program, Path.Combine(AppContext.BaseDirectory, "SpawnLoop.c")).Task;
            return compiled.Success ? new SpawnLoop(program) : throw new InvalidOperationException($"cc failed: {compiled.StandardError}");
        }
        catch (System.ComponentModel.Win32Exception) { return null; }
    }

    /// <summary>Runs so many jobs after as many others as an agent has run before it is measured.</summary>
    /// <param name="same">With what an agent does for a job besides starting and waiting; false: the least that can be done.</param>
    public async Task<LoopUse> Run(int jobs, int slots, string folder, string payload, bool same)
    {
        var run = await Command.Run(_program, Text(jobs), Text(slots), folder, payload, same ? "same" : "bare", Text(AgentStand.WarmJobs(jobs))).Task;
        if (!run.Success) throw new InvalidOperationException($"the loop failed with exit code {run.ExitCode}");
        var answer = run.StandardOutput.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToList();
        return new LoopUse(jobs, answer[0], answer[1]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
