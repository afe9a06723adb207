using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using HpcGrid.Simulate;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;
using Serilog;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(SimulateOptions.Help);
    return 0;
}
try
{
    var options = SimulateOptions.Parse(args);
    return options.Replay is { } seed ? Replay(RunOrder.OfSeed(seed, options.Profile, options.Mutant))
        : options.Strike is { } strike ? Replay(new RunOrder(options.From, options.Profile ?? FsProfile.All[0], Scenario.Small with { Crash = strike }, options.Mutant))
        : Many(options);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

static int Replay(RunOrder order)
{
    using var workshop = new Workshop();
    Log.Logger = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(new LogSink()).CreateLogger();
    var result = Simulation.Play(workshop, order, keepHistory: true);
    Report.History(result, Console.Out);
    Console.WriteLine(result.Violations.Count == 0 ? $"every rule held; digest {result.Digest:x16}" : Report.Line(result));
    return result.Violations.Count == 0 ? 0 : 1;
}

static int Many(SimulateOptions options)
{
    var watch = Stopwatch.StartNew();
    var (orders, count) = options.CrashEverywhere ? Strikes(options) : Seeds(options);
    var shows = !Console.IsErrorRedirected;
    var (done, failed, ending) = (0L, 0L, false);
    // Asked to end, it says what it has done so far.
    Console.CancelKeyPress += (_, asked) => ending = asked.Cancel = true;
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, asked => ending = asked.Cancel = true);
    var totals = Runner.Play(orders, options.Workers, result =>
    {
        done++;
        if (options.Digest) Console.WriteLine(Report.Digest(result));
        if (result.Violations.Count > 0)
        {
            failed++;
            if (shows) Console.Error.Write("\r\e[K");
            if (!options.Json) Console.WriteLine(Report.Line(result));
        }
        if (shows) Console.Error.Write(Bar(done, count, failed, watch.Elapsed));
        return !ending;
    });
    if (shows) Console.Error.Write("\r\e[K");
    if (options.Slowest > 0 && !options.Json) Console.WriteLine(Report.Slowest(totals, options.Slowest));
    Console.WriteLine(options.Json ? Report.Json(totals, watch.Elapsed) : Report.Table(totals, watch.Elapsed));
    return totals.Failed.Count == 0 ? 0 : 1;
}

static (IEnumerable<RunOrder> Orders, long Count) Seeds(SimulateOptions options) =>
    (Enumerable.Range(0, options.Seeds).Select(i => RunOrder.OfSeed(options.From + (ulong)i, options.Profile, options.Mutant)), options.Seeds);

static (IEnumerable<RunOrder> Orders, long Count) Strikes(SimulateOptions options)
{
    var profile = options.Profile ?? FsProfile.All[0];
    using var workshop = new Workshop();
    var operations = CrashEverywhere.Record(workshop, profile, options.From);
    return (CrashEverywhere.Orders(profile, options.From, operations, options.Stride), 9 * operations / options.Stride);
}

static string Bar(long done, long count, long failed, TimeSpan elapsed)
{
    const int width = 30;
    var part = (int)Math.Min(width, width * done / Math.Max(1, count));
    return string.Create(CultureInfo.InvariantCulture,
        $"\r[{new string('#', part)}{new string('.', width - part)}] {done:N0}/{count:N0}  {done / Math.Max(0.1, elapsed.TotalSeconds):0.0}/s  {failed} failed");
}
