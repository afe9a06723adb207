using System.Globalization;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Mutants;

namespace HpcGrid.Simulate;

/// <summary>The command line of tools/simulate.</summary>
internal sealed record SimulateOptions
{
    public const string Help = """
        tools/simulate: the production bridge and agents in virtual time, on a simulated shared filesystem that fails in every way the protocol knows.

        usage: tools/simulate [--seeds N] [--from S] [--profile P] [options]
               tools/simulate --replay SEED --profile P
               tools/simulate --crash-everywhere [--stride N] [--profile P]

          --seeds N           so many seeds (1000)
          --from S            the first one (1)
          --profile P         local, nfs3, nfs4, gluster, lustre, gpfs or beegfs; without it the seeds take turns
          --replay SEED       one seed, with its history as a table: virtual time, party, step of the protocol, operation, result, subject
          --crash-everywhere  one scenario, struck at every operation: {before, after, after with an error} x {dies, sleeps and wakes, server loses}
          --stride N          of these only every N-th (1)
          --operation N --moment M --fate F   replays one of these strikes (Before, After, AfterButError; Dies, Sleeps, ServerLoses)
          --mutant NAME       with a wrong protocol; it should be caught. NAME: FenceByRename, RenameOver, TrustReturnCode, ReuseNames, ExclusiveClaims, NoChecksum, StageInPlace
          --workers N         simulations at a time (the number of cores)
          --digest            one line for each simulation, with the digest of its history: what differs between two machines or versions played differently
          --slowest N         at the end the N simulations that took longest from when all was well again until all jobs were final
          --json              one JSON document instead of text

        exit codes: 0 every rule held; 1 some did not, one line for each seed; 2 wrong options

        examples:
          tools/simulate --seeds 2000
          tools/simulate --seeds 50000 --from 100000 --profile nfs3 --json
          tools/simulate --replay 42 --profile local
          tools/simulate --crash-everywhere --profile gluster
          tools/simulate --seeds 500 --mutant ReuseNames
        """;

    public int Seeds { get; init; } = 1000;
    public ulong From { get; init; } = 1;
    public FsProfile? Profile { get; init; }
    public ulong? Replay { get; init; }
    public bool CrashEverywhere { get; init; }
    public int Stride { get; init; } = 1;
    public CrashPoint? Strike { get; init; }
    public Mutation? Mutant { get; init; }
    public int Workers { get; init; } = Environment.ProcessorCount;
    public bool Digest { get; init; }
    public bool Json { get; init; }
    public int Slowest { get; init; }

    /// <summary>Throws ArgumentException for what it does not know.</summary>
    public static SimulateOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new SimulateOptions();
        var strike = new CrashPoint(1, Moment.Before, Fate.Dies);
        for (var i = 0; i < arguments.Count; i++)
        {
            string Word() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value");
            int Number() => int.TryParse(Word(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number : throw new ArgumentException($"{arguments[i - 1]} takes a positive number");
            options = arguments[i] switch
            {
                "--seeds" => options with { Seeds = Number() },
                "--from" => options with { From = (ulong)Number() },
                "--profile" => options with { Profile = FsProfile.Of(Word()) },
                "--replay" => options with { Replay = (ulong)Number() },
                "--crash-everywhere" => options with { CrashEverywhere = true },
                "--stride" => options with { Stride = Number() },
                "--operation" => options with { Strike = strike = strike with { Operation = Number() } },
                "--moment" => options with { Strike = strike = strike with { Moment = Value<Moment>(Word()) } },
                "--fate" => options with { Strike = strike = strike with { Fate = Value<Fate>(Word()) } },
                "--mutant" => options with { Mutant = MutantOf(Word()) },
                "--workers" => options with { Workers = Number() },
                "--digest" => options with { Digest = true },
                "--slowest" => options with { Slowest = Number() },
                "--json" => options with { Json = true },
                var unknown => throw new ArgumentException($"'{unknown}' is not an option; tools/simulate --help lists them"),
            };
        }
        return options;
    }

    private static T Value<T>(string word) where T : struct, Enum =>
        Enum.TryParse<T>(word, out var value) ? value : throw new ArgumentException($"'{word}' is none of {string.Join(", ", Enum.GetNames<T>())}");

    private static Mutation MutantOf(string name) => Mutation.All.FirstOrDefault(mutant => mutant.Name == name)
        ?? throw new ArgumentException($"'{name}' is no mutant; there are {string.Join(", ", Mutation.All.Select(mutant => mutant.Name))}");
}
