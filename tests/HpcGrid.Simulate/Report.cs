using System.Globalization;
using System.Text;
using System.Text.Json;
using HpcGrid.Simulate.Fs;

namespace HpcGrid.Simulate;

/// <summary>What people and programs read at the end.</summary>
internal static class Report
{
    /// <summary>What was injected, how often, and what was lost; as a table that can stand in a page.</summary>
    public static string Table(Totals totals, TimeSpan elapsed)
    {
        var text = new StringBuilder();
        text.AppendLine("| what | how often |").AppendLine("|---|---|");
        void Row(string what, string often) => text.Append("| ").Append(what).Append(" | ").Append(often).AppendLine(" |");
        foreach (var group in Enum.GetValues<FaultRow>().GroupBy(row => row.ToString()[..1]))
            Row($"faults {group.Key}", string.Join(", ", group.Select(row => $"{row} {Number(totals.Faults[(int)row])}")));
        Row("crashes and stops of processes and nodes", Number(totals.Crashes));
        Row("operations on the spool", Number(totals.Operations));
        Row("simulations; virtual time", $"{Number(totals.Runs)}; {Number((long)totals.Time.TotalHours)} h");
        Row("jobs; runs of payloads beyond the first of a job", $"{Number(totals.Jobs)}; {Number(totals.Repeated)}");
        Row("looks into running jobs that showed something", Number(totals.Looks));
        Row("runs over several nodes", Number(totals.GangRuns));
        Row("inputs that payloads found; wrong bodies; files evicted from the cache",
            $"{Number(totals.Staging.Fed)}; {Number(totals.Staging.BadBodies)}; {Number(totals.Staging.Evicted)}");
        if (totals.Recoveries is { Count: > 0 } recoveries)
            Row("seconds from when all was well until all jobs were final: half of the simulations, all but one in a hundred, the slowest",
                $"{Seconds(recoveries, 0.5)}; {Seconds(recoveries, 0.01)}; {Seconds(recoveries, 0)} ({Again(recoveries[0].Order)})");
        Row("jobs not final at the end", Number(totals.NotFinal));
        Row("violations", Number(totals.Failed.Sum(run => (long)run.Violations.Count)));
        Row("seconds; simulations a second", $"{elapsed.TotalSeconds:0}; {totals.Runs / Math.Max(0.001, elapsed.TotalSeconds):0.0}");
        return text.ToString();
    }

    public static string Json(Totals totals, TimeSpan elapsed) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["simulations"] = totals.Runs,
        ["seconds"] = Math.Round(elapsed.TotalSeconds, 1),
        ["virtualHours"] = Math.Round(totals.Time.TotalHours, 1),
        ["operations"] = totals.Operations,
        ["crashes"] = totals.Crashes,
        ["jobs"] = totals.Jobs,
        ["repeatedRuns"] = totals.Repeated,
        ["looks"] = totals.Looks,
        ["gangRuns"] = totals.GangRuns,
        ["inputs"] = totals.Staging.Fed,
        ["badBodies"] = totals.Staging.BadBodies,
        ["evicted"] = totals.Staging.Evicted,
        ["recoverySeconds"] = totals.Recoveries.Select(run => Math.Round(run.Recovery.TotalSeconds, 1)).FirstOrDefault(),
        ["notFinal"] = totals.NotFinal,
        ["faults"] = Enum.GetValues<FaultRow>().ToDictionary(row => row.ToString(), row => totals.Faults[(int)row]),
        ["violations"] = totals.Failed.Select(run => Line(run)).ToList(),
    });

    /// <summary>One line for a seed that failed: how to see it again, and what did not hold.</summary>
    public static string Line(RunResult run) => string.Join("; ", run.Violations.Select(violation =>
        string.Create(CultureInfo.InvariantCulture, $"{Again(run.Order)}: ({violation.Rule}) {violation.What}, at {violation.At.TotalSeconds:0.000} s")));

    /// <summary>One line for a seed, equal for equal histories.</summary>
    public static string Digest(RunResult run) => $"{Again(run.Order)}: {run.Digest:x16}";

    private static string Again(RunOrder order)
    {
        var again = order.Scenario?.Crash is { } crash
            ? $"--crash-everywhere --operation {crash.Operation} --moment {crash.Moment} --fate {crash.Fate}"
            : $"--replay {order.Seed}";
        var mutant = order.Mutation is { } mutation ? $" --mutant {mutation.Name}" : "";
        return $"{again} --profile {order.Profile.Name}{mutant}";
    }

    /// <summary>A history as a table.</summary>
    public static void History(RunResult run, TextWriter to)
    {
        to.WriteLine($"{"seconds",10}  {"party",-10} {"step",-6} {"operation",-10} {"result",-12} subject");
        foreach (var line in run.History)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{line.At.TotalSeconds,10:0.0000}  {Short(line.Party),-10} {line.Step,-6} {line.Operation,-10} {line.Result,-12} {line.Subject}"));
    }

    private static string Short(string party) => party.Contains('.', StringComparison.Ordinal) ? party.Split('.')[1] : party;

    /// <summary>What this part of the simulations took longer than.</summary>
    private static string Seconds(IReadOnlyList<(TimeSpan Recovery, RunOrder Order)> slowestFirst, double part) =>
        Number((long)slowestFirst[(int)(part * (slowestFirst.Count - 1))].Recovery.TotalSeconds);

    /// <summary>The simulations that took longest from when all was well until their jobs were final, one in each line.</summary>
    public static string Slowest(Totals totals, int most) => string.Join('\n', totals.Recoveries.Take(most)
        .Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Recovery.TotalSeconds,6:0} s  {Again(run.Order)}")));

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
