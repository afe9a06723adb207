using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: what does a job of one second cost the shared filesystem, in metadata operations, fsyncs and bytes? Counted where the product calls it, and
/// for an agent once more by strace: whatever names the spool, whoever makes the call. With --spool the grid has its spool there, with the intervals of such a
/// filesystem, and an agent's rate there is shown beside that on the local one.
/// </summary>
internal static class WhatDoesAJobCostTheSpool
{
    private sealed record Answers(double Operations, double Fsyncs, double Bytes, double CountedOperations, double TracedOperations,
        double CountedFsyncs, double TracedFsyncs, double LocalRate, double OtherRate, IReadOnlyDictionary<string, double> Kinds);

    public static async Task<int> Answer(BenchOptions options)
    {
        var folder = BenchFolder.Make();
        try
        {
            var whole = await WholeGrid(options, folder);
            if (!options.Json) Console.Error.WriteLine($"the whole grid: {JsonSerializer.Serialize(whole)}");
            var traced = await Traced(Math.Min(options.Jobs, 400), folder);
            var local = await Rate(options, folder, null);
            var other = options.Spool.Length > 0 ? await Rate(options, folder, options.Spool) : double.NaN;
            Say(options, new Answers(whole.Operations / options.Jobs, whole.Fsyncs / options.Jobs, whole.BytesWritten / options.Jobs,
                traced.Counted.Operations, traced.Operations, traced.Counted.Fsyncs, traced.Fsyncs, local, other,
                whole.Kinds.ToDictionary(kind => kind.Key, kind => kind.Value / options.Jobs)));
            return 0;
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    /// <summary>
    /// Bridge and agents together, from the first offer to the last acknowledgement. Counts are written with heartbeats, so a pause follows; what an idle grid
    /// asks for in such a pause is measured before, and is no job's.
    /// </summary>
    private static async Task<SpoolCost> WholeGrid(BenchOptions options, string folder)
    {
        // Slots that sleep need no core.
        await using var grid = await LocalGrid.Up(folder, options with { CoresPerNode = options.Slots });
        await using var client = grid.Connect();
        await Finish(client, 2 * options.Nodes * options.Slots);
        await Settle();
        var first = SpoolCost.Of(grid);
        await Settle();
        var before = SpoolCost.Of(grid);
        await Finish(client, options.Jobs);
        await Settle();
        return SpoolCost.Of(grid) - before - (before - first);
    }

    /// <summary>Agents write their counts with every heartbeat, the bridge about once a second; the last change must be in them.</summary>
    private static async Task Settle()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(12));
        await timer.WaitForNextTickAsync();
    }

    private static async Task Finish(Client.GridClient client, int jobs)
    {
        var master = await client.Call(new SubmitJob($"Command = {{\"/bin/sh\", \"-c\", \"echo $HPCGRID_JOB_ID; exec sleep 1\"}}; Split = \"production:1-{jobs}\"; "
            + "TTL = 600; KeepOutput = \"always\";", [], null), default);
        if (!await Statistics.Until(() => client.Call(new FollowJob(master.Job), default).Result is { State: var text } && JobStates.TryParse(text, out var state) && state.IsFinal(),
            TimeSpan.FromMinutes(30), TimeSpan.FromMilliseconds(50))) throw new InvalidOperationException("the jobs do not end");
        var states = (await client.Call(new FollowJob(master.Job), default)).States;
        if (states.GetValueOrDefault("DONE") != jobs) throw new InvalidOperationException($"not all jobs are DONE: {JsonSerializer.Serialize(states)}");
    }

    /// <summary>One agent under strace, from its joining to its leaving.</summary>
    private static async Task<(SpoolCost Counted, double Operations, double Fsyncs)> Traced(int jobs, string folder)
    {
        if (!File.Exists("/usr/bin/strace")) return (SpoolCost.Unknown, double.NaN, double.NaN);
        var log = Path.Combine(folder, "trace");
        using var stand = new AgentStand(folder);
        await stand.Start(32, "strace", "-f", "-qq", "-y", "-o", log, "-e", "trace=%file,%desc");
        await stand.Run(jobs, "/bin/true");
        await stand.Stop();
        var calls = File.ReadLines(log).Where(line => line.Contains(stand.SpoolPath, StringComparison.Ordinal)).Select(NameOf).ToList();
        var syncs = calls.Count(name => name is "fsync" or "fdatasync");
        // Reads, writes and closes go to data servers or nowhere; a listing is its opening, however many calls it takes.
        var metadata = calls.Count(name => name is "openat" or "open" or "rename" or "renameat" or "renameat2" or "unlink" or "unlinkat" or "mkdir" or "mkdirat"
            or "rmdir" or "link" or "linkat" or "statx" or "stat" or "lstat" or "fstat" or "newfstatat" or "statfs" or "fstatfs");
        return (SpoolCost.Read(stand.UseFile, null, "agent"), metadata + syncs, syncs);
    }

    private static string NameOf(string line)
    {
        var call = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..].TrimStart();
        var end = call.IndexOf('(', StringComparison.Ordinal);
        return end > 0 ? call[..end] : "";
    }

    private static async Task<double> Rate(BenchOptions options, string folder, string? spool)
    {
        using var stand = new AgentStand(folder, spool);
        await stand.Start(Environment.ProcessorCount);
        await stand.Run(options.Smoke ? 20 : 2000, "/bin/true");
        var jobs = options.Smoke ? 20 : 5000;
        return jobs / (await stand.Run(jobs, "/bin/true")).Took.TotalSeconds;
    }

    private static void Say(BenchOptions options, Answers answers)
    {
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(answers, new JsonSerializerOptions { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals }));
            return;
        }
        Console.WriteLine($"{options.Jobs} jobs of one second with a line of output, {options.Nodes} nodes x {options.Slots} slots: of one job, bridge and agents together");
        Console.WriteLine($"  {answers.Operations:F3} metadata operations, {answers.Fsyncs:F4} fsyncs, {answers.Bytes:F0} bytes written");
        foreach (var (kind, count) in answers.Kinds.Where(kind => kind.Value > 0).OrderByDescending(kind => kind.Value)) Console.WriteLine($"    {count:F4} {kind}");
        Console.WriteLine(double.IsNaN(answers.TracedOperations) ? "strace is not installed"
            : $"one agent from joining to leaving: it counted {answers.CountedOperations:F0} operations and {answers.CountedFsyncs:F0} fsyncs, "
                + $"strace saw {answers.TracedOperations:F0} and {answers.TracedFsyncs:F0} on the spool");
        Console.WriteLine($"one agent, /bin/true: {answers.LocalRate:F0} jobs/s with the spool on a local disk"
            + (double.IsNaN(answers.OtherRate) ? "" : $", {answers.OtherRate:F0} on {options.Spool} ({answers.OtherRate / answers.LocalRate:P0})"));
    }
}
