using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using HpcGrid.EndToEnd;
using HpcGrid.Soak;

if (args.Any(word => word is "--help" or "-h"))
{
    Console.WriteLine(SoakOptions.Usage);
    return 0;
}
SoakOptions options;
try { options = SoakOptions.Parse(args); }
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
try { return await Soak.Run(options); }
catch (NUnit.Framework.AssertionException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

namespace HpcGrid.Soak
{
    /// <summary>Strikes for a while, heals, and looks whether everything agrees.</summary>
    internal static class Soak
    {
        private static readonly TimeSpan HealBound = TimeSpan.FromMinutes(15);

        public static async Task<int> Run(SoakOptions options)
        {
            var setup = new GridSetup
            {
                Nodes = options.Nodes,
                Home = Environment.GetEnvironmentVariable("HPCGRID_SOAK") ?? Path.GetFullPath("artifacts/soak"),
                Keep = options.Keep,
                Spool = options.Spool,
                NodeSpool = options.NodeSpool,
            };
            await using var grid = await Grid.Start(setup);
            var crowd = new Crowd(grid, options.Load, new Random(options.Seed));
            await crowd.Prepare();
            var strikes = new Strikes(grid, crowd, new Random(options.Seed), options.Gluster);
            var clock = Stopwatch.StartNew();
            using var done = new CancellationTokenSource(TimeSpan.FromMinutes(options.Minutes));
            // Asked to end, it heals and looks as it does otherwise, so that nothing is left running.
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => { context.Cancel = true; done.Cancel(); });
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => { context.Cancel = true; done.Cancel(); });
            using var shown = new CancellationTokenSource();
            var work = new[] { crowd.Run(done.Token), strikes.Run(done.Token) };
            var progress = Show(crowd, strikes, clock, options, shown.Token);
            await Task.WhenAll(work);
            foreach (var batch in crowd.Batches) await grid.UntilFinal(batch.Master, HealBound);
            await shown.CancelAsync();
            await progress;
            var seconds = clock.Elapsed.TotalSeconds;
            var audit = new Audit(grid);
            foreach (var batch in crowd.Batches) await audit.Look(batch);
            await audit.LookAtBridge(HealBound);
            setup.Keep |= audit.Disagreements.Count > 0;
            Report(options, crowd, strikes, audit, seconds);
            if (setup.Keep) Console.Error.WriteLine($"the grid's folder is left: {grid.Folder}");
            return audit.Disagreements.Count == 0 && audit.NotFinal == 0 ? 0 : 1;
        }

        private static void Report(SoakOptions options, Crowd crowd, Strikes strikes, Audit audit, double seconds)
        {
            var perDay = crowd.Submitted / seconds * 86_400;
            var share = crowd.Submitted == 0 ? 0 : (double)audit.NotFinal / crowd.Submitted;
            if (options.Json)
            {
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    options.Minutes, options.Seed, options.Nodes, Gluster = options.Gluster is not null, Seconds = seconds, Jobs = crowd.Submitted,
                    JobsPerDay = perDay, Faults = strikes.Counts, audit.States, audit.Requeues, audit.Retries, audit.OutputsRead, NotFinal = share,
                    audit.Disagreements,
                }, new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
                return;
            }
            Console.WriteLine($"{crowd.Submitted} jobs in {seconds / 60:F1} minutes, healing included: {perDay:F0} jobs a day (seed {options.Seed})");
            Console.WriteLine($"injected: {string.Join(", ", strikes.Counts.Select(pair => $"{pair.Value} x {pair.Key}"))}");
            Console.WriteLine($"states: {string.Join(", ", audit.States.Select(pair => $"{pair.Value} {pair.Key}"))}; "
                + $"handed out again {audit.Requeues} times, tried anew {audit.Retries} times");
            Console.WriteLine($"outputs read and compared: {audit.OutputsRead}");
            Console.WriteLine($"not final: {share:P2}");
            foreach (var disagreement in audit.Disagreements) Console.WriteLine($"DISAGREEMENT {disagreement}");
            Console.WriteLine(audit.Disagreements.Count == 0 ? "central, catalogue, ledger and spool agree" : $"{audit.Disagreements.Count} disagreements");
        }

        /// <summary>One line that changes in a terminal; a line every half minute elsewhere.</summary>
        private static async Task Show(Crowd crowd, Strikes strikes, Stopwatch clock, SoakOptions options, CancellationToken done)
        {
            var terminal = !Console.IsErrorRedirected;
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(terminal ? 1 : 30));
            try
            {
                while (await timer.WaitForNextTickAsync(done))
                {
                    var line = $"{clock.Elapsed:mm\\:ss} of {options.Minutes} min: {crowd.Submitted} jobs submitted, {crowd.Ended} ended, "
                        + $"{strikes.Counts.Values.Sum()} strikes";
                    if (terminal) await Console.Error.WriteAsync($"\r{line}  ");
                    else await Console.Error.WriteLineAsync(line);
                }
            }
            catch (OperationCanceledException) { if (terminal) await Console.Error.WriteLineAsync(); }
        }
    }
}
