using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Bridge;

/// <summary>What decides how much work to take.</summary>
/// <param name="Cores">Cores of agents that take work, and of pilots that are starting.</param>
/// <param name="HeldJobs">Jobs taken whose payload has not ended.</param>
/// <param name="HeldCores">The cores they ask for.</param>
/// <param name="JobSeconds">Running mean of the time a job keeps its cores; null when none has ended yet.</param>
/// <param name="EndsPerSecond">Jobs that ended per second lately.</param>
public sealed record StockView(int Cores, long HeldJobs, long HeldCores, double? JobSeconds, double EndsPerSecond)
{
    /// <summary>Jobs to hold beside one on each core while work goes out in bulk; 0 otherwise.</summary>
    public long Bulk { get; init; }
}

/// <summary>The bridge's decisions, as functions of what it sees.</summary>
public static class BridgeRules
{
    /// <summary>
    /// How many jobs to ask central for now. Enough that no core waits for the way from central, and no more: as much as the cores
    /// work off within the horizon, by the mean duration; but never many times what really ends per second, because
    /// then something else than the number of jobs is the limit.
    /// </summary>
    public static int HowManyToAsk(StockView view)
    {
        if (view.Cores <= 0) return 0;
        var coresPerJob = view.HeldJobs > 0 ? Math.Max(1.0, (double)view.HeldCores / view.HeldJobs) : 1.0;
        var wanted = Math.Max(WantedCores(view), view.Bulk > 0 ? view.Cores + (view.Bulk * coresPerJob) : 0);
        var missing = wanted - view.HeldCores;
        // A full round trip for the odd job would cost more than it brings.
        if (missing <= 0 || (missing < wanted / 8 && view.HeldCores >= view.Cores)) return 0;
        return (int)Math.Clamp(Math.Ceiling(missing / coresPerJob), 1, MatchJobs.MaxCount);
    }

    private static double WantedCores(StockView view)
    {
        double floor = view.Cores * Limits.StockPerCore;
        if (view.JobSeconds is not { } seconds) return floor;
        var horizon = Limits.StockHorizon.TotalSeconds;
        var byDuration = view.Cores * (1 + horizon / Math.Max(seconds, Limits.ShortestJobSeconds));
        var byRate = Math.Max(Limits.HarmlessStock, view.EndsPerSecond * horizon * 2);
        return Math.Clamp(Math.Min(byDuration, byRate), floor, Math.Max(floor, Limits.LargestStock));
    }

    /// <summary>What agents keep at the end of their lives (their rule: 600 s, at most a fifth of the lifetime).</summary>
    /// <param name="walltime">Of their pilots, seconds.</param>
    public static TimeSpan DrainMargin(int walltime) =>
        TimeSpan.FromSeconds(Math.Min(Limits.DrainMargin.TotalSeconds, walltime * Limits.DrainPart) + Limits.ClockSlack.TotalSeconds);

    /// <summary>Doubles a pause up to its longest.</summary>
    public static TimeSpan Longer(TimeSpan pause, TimeSpan first, TimeSpan longest) =>
        pause < first ? first : pause * 2 < longest ? pause * 2 : longest;

    /// <summary>The state in which an outcome leaves the attempt; null for those after which the bridge offers it again.</summary>
    public static JobState? EndOf(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => JobState.Done,
        Outcome.ExecutionFailed => JobState.ErrorE,
        Outcome.ValidationFailed => JobState.ErrorV,
        Outcome.InputFailed => JobState.ErrorIB,
        Outcome.OutputFailed => JobState.ErrorSV,
        Outcome.LimitExceeded => JobState.ErrorE,
        Outcome.Killed => JobState.Killed,
        Outcome.Refused => JobState.ErrorVer,
        Outcome.Preempted => null,
        Outcome.HandedBack => null,
        _ => throw new InvalidOperationException($"{outcome} is not an outcome the bridge knows"),
    };

    /// <summary>True for ends whose outputs are wanted: good ones, and of failed executions what OutputErrorE and KeepOutput name.</summary>
    public static bool SavesOutputs(JobState end) => end is JobState.Done or JobState.ErrorE or JobState.ErrorV;

    /// <summary>True for what a payload itself proves. A superseded generation may still bring such a result, and nothing else (B6).</summary>
    public static bool IsResult(Outcome outcome) => outcome
        is Outcome.Succeeded or Outcome.ExecutionFailed or Outcome.ValidationFailed or Outcome.OutputFailed or Outcome.LimitExceeded;

    /// <summary>Seconds a slot can still give to one job, as told to the broker: the best slot counts, the others take the shorter jobs.</summary>
    /// <param name="deadlines">When the agents and pilots end; null for those that do not.</param>
    /// <param name="now">Now.</param>
    /// <param name="margin">What is kept for draining.</param>
    public static int LongestTtl(IEnumerable<DateTimeOffset?> deadlines, DateTimeOffset now, Func<TimeSpan, TimeSpan> margin)
    {
        var longest = 0.0;
        foreach (var deadline in deadlines)
        {
            if (deadline is not { } end) return int.MaxValue;
            var left = end - now;
            if (left > TimeSpan.Zero) longest = Math.Max(longest, (left - margin(left)).TotalSeconds);
        }
        return (int)Math.Min(int.MaxValue, longest);
    }

    /// <summary>Cuts a text for central.</summary>
    public static string? Short(string? text) => text is null || text.Length <= Limits.LongestReason ? text : text[..Limits.LongestReason] + "…";
}
