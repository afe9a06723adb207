using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HpcGrid.Core.Api;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: on an idle grid, how long is it from submitting one job to its payload's first instruction, and from killing it to its payload's death?
/// The payload itself writes when it began; agents rest between two jobs, so their polling has slowed down.
/// </summary>
internal static class HowLongUntilItRuns
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Look = TimeSpan.FromMilliseconds(2);

    public static async Task<int> Answer(BenchOptions options)
    {
        var folder = BenchFolder.Make();
        try
        {
            var (starts, kills) = (new List<double>(), new List<double>());
            await using (var grid = await LocalGrid.Up(folder, options))
            {
                await using var client = grid.Connect();
                await Once(client, folder, "warm-up", TimeSpan.Zero);
                for (var i = 0; i < options.Tries; i++)
                {
                    var (start, kill) = await Once(client, folder, i.ToString(CultureInfo.InvariantCulture), options.Smoke ? TimeSpan.Zero : Rest());
                    starts.Add(start);
                    kills.Add(kill);
                }
            }
            Say(options, [.. starts.Order()], [.. kills.Order()]);
            return 0;
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    /// <summary>Long enough for polling to slow down, and never the same: an agent's looks keep step with the end of its last job, people do not.</summary>
    private static TimeSpan Rest() => TimeSpan.FromSeconds(15 + (10 * Random.Shared.NextDouble()));

    private static async Task<(double StartMilliseconds, double KillMilliseconds)> Once(Client.GridClient client, string folder, string name, TimeSpan rest)
    {
        if (rest > TimeSpan.Zero) await Statistics.Until(() => false, rest, rest);
        var mark = Path.Combine(folder, $"began-{name}");
        var submitted = DateTimeOffset.UtcNow;
        var job = await client.Call(new SubmitJob(
            $"Command = {{\"/bin/sh\", \"-c\", \"echo $$ $(date +%s%N) > {mark}.new && mv {mark}.new {mark} && exec sleep 600\"}}; TTL = 900;", [], null), default);
        await Wait(() => File.Exists(mark), $"the payload begins ({mark})");
        var words = (await File.ReadAllTextAsync(mark)).Split(' ');
        var began = DateTimeOffset.UnixEpoch.AddTicks(long.Parse(words[1], CultureInfo.InvariantCulture) / 100);
        // The agent must have told that it runs, as it has when a person kills a job.
        await Wait(() => client.Call(new FollowJob(job.Job), default).Result.State == "RUNNING", "the job is shown as running");
        var clock = Stopwatch.StartNew();
        await client.Call(new KillJobs([job.Job]), default);
        await Wait(() => !Directory.Exists($"/proc/{words[0]}"), "the payload dies");
        return ((began - submitted).TotalMilliseconds, clock.Elapsed.TotalMilliseconds);
    }

    private static async Task Wait(Func<bool> condition, string what)
    {
        if (!await Statistics.Until(condition, Patience, Look)) throw new InvalidOperationException($"not in {Patience.TotalMinutes} minutes: {what}");
    }

    private static void Say(BenchOptions options, double[] starts, double[] kills)
    {
        if (options.Json) Console.WriteLine(JsonSerializer.Serialize(new { StartMilliseconds = starts, KillMilliseconds = kills }));
        else
        {
            Console.WriteLine($"idle grid of {options.Nodes} nodes, {starts.Length} tries");
            Console.WriteLine($"submit to the payload's start:    p50 {Statistics.Quantile(starts, 0.5):F0} ms, p90 {Statistics.Quantile(starts, 0.9):F0} ms, most {starts[^1]:F0} ms");
            Console.WriteLine($"kill to the payload's death:      p50 {Statistics.Quantile(kills, 0.5):F0} ms, p90 {Statistics.Quantile(kills, 0.9):F0} ms, most {kills[^1]:F0} ms");
        }
    }
}
