using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Mutants;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate;

/// <summary>One simulation to play.</summary>
/// <param name="Seed">All its chance.</param>
/// <param name="Profile">The kind of filesystem.</param>
/// <param name="Scenario">What is played; null: what the seed says.</param>
/// <param name="Mutation">The product as it is, or a wrong one.</param>
internal sealed record RunOrder(ulong Seed, FsProfile Profile, Scenario? Scenario = null, Mutation? Mutation = null)
{
    /// <summary>Seeds of all profiles in turn.</summary>
    public static RunOrder OfSeed(ulong seed, FsProfile? profile, Mutation? mutation = null)
    {
        var scenario = (mutation ?? Mutation.None).Shape(Scenario.Random(new Dice(seed)));
        return new RunOrder(seed, profile ?? FsProfile.All[(int)(seed % (ulong)FsProfile.All.Count)], scenario, mutation);
    }
}

/// <summary>What came of it.</summary>
internal sealed record RunResult(RunOrder Order, IReadOnlyList<Violation> Violations, IReadOnlyList<long> Faults)
{
    /// <summary>Of the faults, those that struck at the stage-in cache.</summary>
    public IReadOnlyList<long> StagingFaults { get; init; } = [];
    public long Crashes { get; init; }
    public long Operations { get; init; }
    public long Executions { get; init; }
    public long Repeated { get; init; }
    public long Looks { get; init; }
    /// <summary>Runs over several nodes.</summary>
    public long GangRuns { get; init; }
    /// <summary>Inputs that payloads found, wrong answers of storage elements, files removed from the cache for room.</summary>
    public (long Fed, long BadBodies, long Evicted) Staging { get; init; }
    public long Jobs { get; init; }
    public long NotFinal { get; init; }
    public ulong Digest { get; init; }
    public TimeSpan Time { get; init; }
    /// <summary>From when all was well until all jobs were final; null when they were not.</summary>
    public TimeSpan? Recovery { get; init; }
    public IReadOnlyList<HistoryLine> History { get; init; } = [];
}

/// <summary>Plays one simulation.</summary>
internal static class Simulation
{
    public static RunResult Play(Workshop workshop, RunOrder order, bool keepHistory = false)
    {
        var scenario = order.Scenario ?? Scenario.Random(new Dice(order.Seed));
        var grid = new Grid(workshop, order.Seed, order.Profile, scenario, order.Mutation ?? Mutation.None, keepHistory);
        grid.Play();
        return new RunResult(order, grid.Checker.Violations, grid.Faults.Counts)
        {
            StagingFaults = grid.Faults.StagingCounts,
            Crashes = grid.Crashes,
            Operations = grid.Operations,
            Executions = grid.Checker.Executions,
            Repeated = grid.Checker.Repeated,
            Looks = grid.Checker.Looks,
            GangRuns = grid.Checker.Gangs.Runs,
            Staging = (grid.Checker.Staging.Fed, grid.BadBodies, grid.Checker.Staging.Evicted),
            Jobs = grid.Central.Jobs.Count,
            NotFinal = grid.Central.Jobs.Count(job => job.End is null),
            Digest = grid.History.Digest,
            Time = grid.Scheduler.Now,
            Recovery = grid.Recovery,
            History = grid.History.Lines,
        };
    }
}

/// <summary>Sums over many simulations.</summary>
internal sealed class Totals
{
    private readonly long[] _faults = new long[Enum.GetValues<FaultRow>().Length];
    private readonly List<RunResult> _failed = [];
    private readonly List<(TimeSpan Recovery, RunOrder Order)> _recoveries = [];

    public long Runs { get; private set; }
    public long Crashes { get; private set; }
    public long Operations { get; private set; }
    public long Executions { get; private set; }
    public long Repeated { get; private set; }
    public long Looks { get; private set; }
    public long GangRuns { get; private set; }
    public (long Fed, long BadBodies, long Evicted) Staging { get; private set; }
    public long Jobs { get; private set; }
    public long NotFinal { get; private set; }
    public TimeSpan Time { get; private set; }
    public IReadOnlyList<RunResult> Failed => _failed;
    public IReadOnlyList<long> Faults => _faults;

    /// <summary>From when all was well in each simulation until its jobs were final, the longest first.</summary>
    public IReadOnlyList<(TimeSpan Recovery, RunOrder Order)> Recoveries => [.. _recoveries.OrderByDescending(run => run.Recovery).ThenBy(run => run.Order.Seed)];

    public void Add(RunResult result)
    {
        Runs++;
        for (var i = 0; i < _faults.Length; i++) _faults[i] += result.Faults[i];
        Crashes += result.Crashes;
        Operations += result.Operations;
        Executions += result.Executions;
        Repeated += result.Repeated;
        Looks += result.Looks;
        GangRuns += result.GangRuns;
        Staging = (Staging.Fed + result.Staging.Fed, Staging.BadBodies + result.Staging.BadBodies, Staging.Evicted + result.Staging.Evicted);
        Jobs += result.Jobs;
        NotFinal += result.Violations.Count > 0 ? result.NotFinal : 0;
        Time += result.Time;
        if (result.Violations.Count > 0) _failed.Add(result);
        if (result.Recovery is { } recovery) _recoveries.Add((recovery, result.Order));
    }
}

/// <summary>Plays many simulations on several threads, each with a workshop of its own.</summary>
internal static class Runner
{
    /// <param name="orders">What to play.</param>
    /// <param name="workers">Simulations at a time.</param>
    /// <param name="played">Told of each result, one at a time; false ends it.</param>
    public static Totals Play(IEnumerable<RunOrder> orders, int workers, Func<RunResult, bool> played)
    {
        var totals = new Totals();
        var gate = new Lock();
        using var pending = orders.GetEnumerator();
        var stopped = false;
        var faults = new List<Exception>();
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(Work) { IsBackground = true }).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return faults.Count == 0 ? totals : throw new AggregateException(faults);

        void Work()
        {
            try
            {
                using var workshop = new Workshop();
                while (Next() is { } order)
                {
                    var result = Simulation.Play(workshop, order);
                    lock (gate)
                    {
                        totals.Add(result);
                        stopped |= !played(result);
                    }
                }
            }
            catch (Exception e)
            {
                lock (gate)
                {
                    faults.Add(e);
                    stopped = true;
                }
            }
        }

        RunOrder? Next()
        {
            lock (gate) return !stopped && pending.MoveNext() ? pending.Current : null;
        }
    }
}

/// <summary>
/// A recorded scenario is struck at every operation: before, after, or after it with an error for an answer; and then its party dies, sleeps and wakes as a
/// zombie, or the server loses what was not synced.
/// </summary>
internal static class CrashEverywhere
{
    /// <summary>Operations of the scenario when nothing strikes.</summary>
    public static long Record(Workshop workshop, FsProfile profile, ulong seed) => Simulation.Play(workshop, new RunOrder(seed, profile, Scenario.Small)).Operations;

    /// <param name="profile">The kind of filesystem.</param>
    /// <param name="seed">All its chance.</param>
    /// <param name="operations">How many there are.</param>
    /// <param name="stride">1: every one of them.</param>
    public static IEnumerable<RunOrder> Orders(FsProfile profile, ulong seed, long operations, int stride)
    {
        var (moments, fates) = (Enum.GetValues<Moment>(), Enum.GetValues<Fate>());
        var number = 0L;
        for (long operation = 1; operation <= operations; operation++)
            foreach (var moment in moments)
                foreach (var fate in fates)
                    // A stride that shares no factor with 9 comes to every kind of strike.
                    if (number++ % stride == 0) yield return new RunOrder(seed, profile, Scenario.Small with { Crash = new CrashPoint(operation, moment, fate) });
    }
}
