using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate;

/// <summary>Where in an operation somebody is struck.</summary>
internal enum Moment { Before, After, AfterButError }

/// <summary>What happens to whom is struck.</summary>
internal enum Fate { Dies, Sleeps, ServerLoses }

/// <summary>A crash at one operation of a history: the n-th of all parties.</summary>
internal sealed record CrashPoint(long Operation, Moment Moment, Fate Fate);

/// <summary>What is played: jobs, nodes, and how ill everything is. All of it follows from the seed.</summary>
internal sealed record Scenario
{
    /// <summary>Kinds of histories that were added one after the other; a seed that found something is played with those of its time.</summary>
    public const int Additions = 2;

    /// <summary>Short jobs of one production, so many that they go out in bulk (PROTOCOL 5).</summary>
    private const int BulkJobs = 700;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(150);

    public required IReadOnlyList<JobPlan> Jobs { get; init; }
    public int Nodes { get; init; } = 2;
    public int NodesPerPilot { get; init; } = 1;
    /// <summary>Directories of pool and heartbeats. With several, heartbeats alone tell the bridge where to look (PROTOCOL 5).</summary>
    public int Shards { get; init; } = 1;
    /// <summary>Part of the rows of the catalogue that strike in this history.</summary>
    public double FaultShare { get; init; }
    /// <summary>Rows that strike in any case.</summary>
    public IReadOnlyCollection<FaultRow> Always { get; init; } = [];
    /// <summary>How often those strike at least.</summary>
    public double AlwaysRate { get; init; } = 0.02;
    /// <summary>Answers of central, storage and batch system that get lost.</summary>
    public double LostAnswers { get; init; }
    /// <summary>Fetched files that come short, broken off, wrong, or not at all.</summary>
    public double BadBodies { get; init; }
    /// <summary>Of some files one copy is wrong for good.</summary>
    public bool DamagedCopies { get; init; }
    /// <summary>Deaths of processes and nodes, stops, users' kills: so many in a minute.</summary>
    public double EventsPerMinute { get; init; }
    /// <summary>Everything is healed then.</summary>
    public TimeSpan HealAt { get; init; }
    /// <summary>So long after that, and after the last stop and hang has ended, every job is final, or something is wrong.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(8);
    /// <summary>A job that its owner kills, and when.</summary>
    public (long Job, TimeSpan At)? Kill { get; init; }
    /// <summary>When the bridge is asked to end its work in good order; its successor goes on.</summary>
    public TimeSpan? DrainAt { get; init; }
    /// <summary>When somebody looks into a job, and which.</summary>
    public IReadOnlyList<(long Job, TimeSpan At)> Looks { get; init; } = [];
    /// <summary>Walltime of the first pilot; the others have the longest.</summary>
    public TimeSpan FirstWalltime { get; init; } = Long;
    public TimeSpan LongestWalltime { get; init; } = Long;
    public TimeSpan IdleExit { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Who is stopped stays so for longer than T_dead.</summary>
    public bool SleepsLong { get; init; }
    public CrashPoint? Crash { get; init; }

    /// <summary>With these rows in any case.</summary>
    public Scenario With(IReadOnlyCollection<FaultRow> rows) => this with { Always = [.. Always, .. rows] };

    public TimeSpan Walltime(int number, TimeSpan asked) => number == 1 && FirstWalltime < asked ? FirstWalltime : asked;

    /// <summary>2 agents, 3 queue files, 12 jobs, one kill, one end of a walltime; nothing else happens.</summary>
    public static Scenario Small { get; } = new()
    {
        Jobs = [.. Enumerable.Range(0, 12).Select(i => new JobPlan(1 + i % 4 * 0.7, i == 5 ? 3 : 0, i % 4 == 1 ? 300 : i == 10 ? 70_000 : 0, Strict: i % 3 == 2)
        {
            Inputs = i % 4 == 0 ? Inputs.Shared | Inputs.Large : i == 3 ? Inputs.PrivateLarge : Inputs.None,
        })],
        HealAt = TimeSpan.FromSeconds(1),
        Kill = (7, TimeSpan.FromSeconds(3)),
        FirstWalltime = TimeSpan.FromSeconds(7),
    };

    /// <summary>What a seed plays. What was added later is drawn last: with the additions of its time it plays the same for ever.</summary>
    public static Scenario Random(Dice dice, int additions = Additions)
    {
        var scenario = First(dice);
        if (additions > 0) scenario = WithDrain(dice, WithShards(dice, scenario));
        return additions > 1 ? WithBulk(dice, scenario) : scenario;
    }

    private static Scenario First(Dice dice)
    {
        var jobs = Enumerable.Range(0, 4 + dice.Next(9)).Select(_ => new JobPlan(
            dice.Pick([0.2, 0.5, 1, 2, 4, 8]), dice.Chance(0.1) ? 1 + dice.Next(3) : 0,
            dice.Chance(0.3) ? dice.Chance(0.2) ? 70_000 : 300 : 0, dice.Chance(0.35))).ToList();
        return WithGangs(dice, WithInputs(dice, new Scenario
        {
            Jobs = jobs,
            FaultShare = dice.Pick([0.05, 0.15, 0.3]),
            LostAnswers = dice.Chance(0.4) ? dice.LogBetween(0.01, 0.2) : 0,
            EventsPerMinute = dice.Pick([0.0, 2, 6]),
            HealAt = TimeSpan.FromSeconds(dice.Between(5, 40)),
            Kill = dice.Chance(0.5) ? (1 + dice.Next(jobs.Count), TimeSpan.FromSeconds(dice.Between(0.5, 15))) : null,
            Looks = dice.Chance(0.3) ? [.. Enumerable.Range(0, 1 + dice.Next(4)).Select(_ => (1L + dice.Next(jobs.Count), TimeSpan.FromSeconds(dice.Between(0.5, 30))))] : [],
            FirstWalltime = dice.Chance(0.4) ? TimeSpan.FromSeconds(dice.Between(6, 40)) : Long,
        }));
    }

    private static Scenario WithInputs(Dice dice, Scenario scenario) => dice.Chance(0.5) ? scenario : scenario with
    {
        Jobs = [.. scenario.Jobs.Select(job => job with { Inputs = AnyInputs(dice) })],
        BadBodies = dice.Chance(0.5) ? dice.LogBetween(0.02, 0.4) : 0,
        DamagedCopies = dice.Chance(0.2),
    };

    /// <summary>Some of the jobs run over two nodes; every pilot has two.</summary>
    private static Scenario WithGangs(Dice dice, Scenario scenario) => dice.Chance(0.7) ? scenario : scenario with
    {
        Nodes = 4,
        NodesPerPilot = 2,
        Jobs = [.. scenario.Jobs.Select(job => dice.Chance(0.4) ? job with { Nodes = 2 } : job)],
    };

    /// <summary>Three are as good as sixteen: an agent's look at rest sees one of them, and no look sees two at the same moment.</summary>
    private static Scenario WithShards(Dice dice, Scenario scenario) => dice.Chance(0.7) ? scenario : scenario with { Shards = 3 };

    private static Scenario WithDrain(Dice dice, Scenario scenario) =>
        dice.Chance(0.8) ? scenario : scenario with { DrainAt = scenario.HealAt * dice.Between(0.05, 0.9) };

    /// <summary>Rarely: it costs as much as thirty others.</summary>
    private static Scenario WithBulk(Dice dice, Scenario scenario)
    {
        if (dice.Chance(0.995)) return scenario;
        var (strict, inputs) = (dice.Chance(0.3), dice.Chance(0.3) ? Inputs.Shared : Inputs.None);
        return scenario with { Jobs = [.. Enumerable.Range(0, BulkJobs).Select(i => new JobPlan(0.1, i % 50 == 7 ? 1 : 0, i % 20 == 3 ? 300 : 0, strict) { Inputs = inputs })] };
    }

    private static Inputs AnyInputs(Dice dice)
    {
        var wanted = Inputs.None;
        foreach (var input in Enum.GetValues<Inputs>())
            if (dice.Chance(0.25)) wanted |= input;
        return wanted;
    }
}
