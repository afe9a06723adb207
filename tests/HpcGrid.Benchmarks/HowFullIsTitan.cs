using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: does the whole of Titan stay full, 18,688 nodes of 16 slots with jobs of ten minutes to six hours, pilots of a day, and a metadata server that
/// stalls; what does that ask of the shared filesystem; and how short may jobs become? What is production code in it and what a model: <see cref="TitanModel"/>.
/// </summary>
internal static class HowFullIsTitan
{
    private const int TableWidth = 180;
    private static readonly double[] Shortest = [600, 60, 20, 6, 2, 0.5];

    public static int Answer(BenchOptions options)
    {
        var (agents, jobs) = options.Smoke ? (200, 20_000) : (18_688 / options.Part, 16_000_000 / options.Part);
        var operations = options.Operations > 0 ? options.Operations : 500.0 / options.Part;
        var results = new List<(double Shortest, double? AtMost, TitanResult Result)>();
        foreach (var shortest in options.Smoke ? Shortest[..2] : options.Shortest > 0 ? [options.Shortest] : Shortest)
        {
            var size = new TitanSize(agents, 16, jobs, shortest, operations, options.Kinds);
            var runs = Enumerable.Range(1, options.Runs).Select(seed => Play(size with { Seed = seed }));
            // All numbers of one run belong together: shown is that of the median slot use.
            results.Add((shortest, TitanModel.Bound(size), runs.OrderBy(run => run.SlotUse).ElementAt(options.Runs / 2)));
        }
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(results.Select(row => new { row.Shortest, row.AtMost, row.Result })));
            return 0;
        }
        var table = new Table().AddColumns("jobs of", "slot use", "of the walltime nobody could use more than", "idle: nothing fits before the walltime ends", "tail", "million jobs a day", "agents' operations a second", "the bridge's", "seconds between looks");
        foreach (var (shortest, atMost, result) in results)
            table.AddRow($"{Time(shortest)} to {Time(36 * shortest)}", Text(100 * result.SlotUse, "F2") + " %",
                atMost is { } most ? Text(100 * most, "F2") + " %" : "", Text(100 * result.LostToWalltime, "F2") + " %",
                Time(result.TailSeconds), Text(result.JobsPerDay / 1e6, "F2"), Text(result.AgentOperations, "F0"), Text(result.BridgeOperations, "F0"),
                Text(result.LookSeconds, "F1"));
        // Whole lines into a file too.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, TableWidth);
        AnsiConsole.Write(table);
        Console.WriteLine($"{agents} agents of 16 slots, {jobs} jobs of {options.Kinds} kinds, the bridge's budget {operations} operations a second; the median of {options.Runs} seeds");
        return 0;
    }

    private static TitanResult Play(TitanSize size)
    {
        var result = new TitanModel(size).Run();
        Console.Error.WriteLine($"jobs of {Time(size.Shortest)} and more, seed {size.Seed}: {result}");
        return result;
    }

    private static string Time(double seconds) => seconds >= 5400 ? Text(seconds / 3600, "0.#") + " h" : seconds >= 90 ? Text(seconds / 60, "0.#") + " min" : Text(seconds, "0.#") + " s";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
