using System.Globalization;

namespace HpcGrid.Benchmarks;

/// <summary>What to measure and how much of it.</summary>
public sealed record BenchOptions
{
    public static BenchOptions Default { get; } = new();

    public int Jobs { get; init; } = 5000;
    public int Runs { get; init; } = 1;
    public int Seconds { get; init; } = 30;
    public int Nodes { get; init; } = 2;
    public int History { get; init; }
    public int Agents { get; init; } = 1000;
    public int Slots { get; init; } = 64;
    public int Rate { get; init; } = 5000;
    public int Operations { get; init; }
    /// <summary>One so many-th of the machine, of its jobs and of the bridge's operations.</summary>
    public int Part { get; init; } = 1;

    /// <summary>Seconds of the shortest job; 0: one length after the other.</summary>
    public int Shortest { get; init; }

    /// <summary>Kinds of jobs, each with one TTL.</summary>
    public int Kinds { get; init; } = 5;

    public int Megabytes { get; init; } = 10_000;
    public int Threads { get; init; } = Environment.ProcessorCount;
    public string Command { get; init; } = "/bin/true";
    public bool Json { get; init; }

    /// <summary>0: the machine's cores, shared by the nodes.</summary>
    public int CoresPerNode { get; init; }

    /// <summary>Bytes of a file that every job has as its input; 0 for none.</summary>
    public int Input { get; init; }

    /// <summary>A folder on the filesystem to measure; empty: the benchmark's own.</summary>
    public string Spool { get; init; } = "";

    /// <summary>How often one thing is timed.</summary>
    public int Tries { get; init; } = 20;

    /// <summary>Tiny sizes.</summary>
    public bool Smoke { get; init; }

    /// <summary>Reads the command line; ends the process with a message for what it does not know.</summary>
    public static BenchOptions Parse(string[] arguments)
    {
        var options = new BenchOptions();
        for (var i = 0; i < arguments.Length; i++)
            options = arguments[i] switch
            {
                "--json" => options with { Json = true },
                "--smoke" => options with
                {
                    Jobs = 50, Runs = 1, Seconds = 1, Tries = 1, History = 2000, Agents = 4, Slots = 4, Rate = 4, Megabytes = 20, Smoke = true,
                },
                "--jobs" => options with { Jobs = Number(arguments, ++i) },
                "--seconds" => options with { Seconds = Number(arguments, ++i) },
                "--runs" => options with { Runs = Number(arguments, ++i) },
                "--history" => options with { History = Number(arguments, ++i) },
                "--agents" => options with { Agents = Number(arguments, ++i) },
                "--slots" => options with { Slots = Number(arguments, ++i) },
                "--rate" => options with { Rate = Number(arguments, ++i) },
                "--operations" => options with { Operations = Number(arguments, ++i) },
                "--part" => options with { Part = Number(arguments, ++i) },
                "--shortest" => options with { Shortest = Number(arguments, ++i) },
                "--kinds" => options with { Kinds = Number(arguments, ++i) },
                "--megabytes" => options with { Megabytes = Number(arguments, ++i) },
                "--threads" => options with { Threads = Number(arguments, ++i) },
                "--nodes" => options with { Nodes = Number(arguments, ++i) },
                "--tries" => options with { Tries = Number(arguments, ++i) },
                "--input" => options with { Input = Number(arguments, ++i) },
                "--spool" when i + 1 < arguments.Length => options with { Spool = Path.GetFullPath(arguments[++i]) },
                "--command" when i + 1 < arguments.Length => options with { Command = arguments[++i] },
                var unknown => throw new ArgumentException($"'{unknown}' is not an option; tools/bench --help lists them"),
            };
        return options;
    }

    private static int Number(string[] arguments, int at) =>
        at < arguments.Length && int.TryParse(arguments[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{arguments[at - 1]} takes a positive number");
}
