using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using HpcGrid.Core;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch;

/// <summary>`simbatch` as people call it.</summary>
internal static partial class CommandLine
{
    private static readonly string Help = $"""
        A batch system of this machine, for trying and for tests: it has the commands of a real one, and really runs what is submitted.

        simbatch up DIR [OPTION...]       start it in the background; DIR/bin is for the PATH
        simbatch run DIR [OPTION...]      the same in the foreground, until SIGTERM
        simbatch down DIR                 end it with all its jobs
        simbatch DIR status               nodes, jobs and faults
        simbatch DIR node down|up NODE    a node loses its power, or gets it back
        simbatch DIR requeue|forget ID    start a job again under its id; forget it
        simbatch DIR fault COMMAND FAULT [AMOUNT] [xTIMES]
        simbatch DIR fault clear

          --system NAME       {string.Join(", ", Dialects.Names)}
          --nodes N           compute nodes (4)
          --cores N           of each (2)
          --minute SECONDS    what a minute of walltime takes (60)
          --grace SECONDS     what a minute between the signals of an end takes (60)
          --isolate auto|yes|no   take the network away from compute nodes (auto)
          --service-node      scripts run on a node of their own, and only launchers reach the others
          --launchers A,B     further launchers it has: aprun, jsrun, mpiexec
          --no-history        ended jobs are forgotten at once

        Faults: {Fault.Names}. COMMAND may be *. The caller's {Faults.Variable}, separated by ';', counts too.

          simbatch up /tmp/pbs --system openpbs --nodes 2 && PATH=/tmp/pbs/bin:$PATH qsub job.sh
          simbatch /tmp/pbs fault qstat truncate x2
        """;

    public static async Task<int> Run(string[] words)
    {
        switch (words)
        {
            case [] or ["--help", ..] or ["-h", ..]:
                Console.WriteLine(Help);
                return words.Length == 0 ? 2 : 0;
            case ["run", var home, ..]: return await InForeground(Setup(home, words[2..]));
            case ["up", var home, ..]: return await Up(Setup(home, words[2..]), words[2..]);
            case ["down", var home]: return await Down(Path.GetFullPath(home));
            case [var home, _, ..] when Directory.Exists(home): return Caller.Run(() => Dialects.Find("slurm"), Path.GetFullPath(home), Desk.Own, words[1..]);
            default: throw GridError.Invalid($"'{string.Join(' ', words)}' is no command of simbatch", "See simbatch --help.");
        }
    }

    private static ClusterSetup Setup(string home, string[] words)
    {
        var given = new OptionReader(OptionStyle.Gnu, "system= nodes= cores= minute= grace= isolate= service-node launchers= no-history")
            .Read(words, word => new Refused(2, $"there is no option '{word}', or it lacks its value"));
        if (given.Rest.Count > 0) throw GridError.Invalid($"'{given.Rest[0]}' is too much", "See simbatch --help.");
        return new ClusterSetup(Path.GetFullPath(home), Dialects.Find(given.Last("system", "slurm")).Name)
        {
            Nodes = (int)Number(given, "nodes", 4),
            Cores = (int)Number(given, "cores", 2),
            Minute = Number(given, "minute", 60),
            Grace = Number(given, "grace", 60),
            Isolate = given.Last("isolate", "auto"),
            ServiceNode = given.Has("service-node"),
            Launchers = given.Last("launchers", "").Split(',', StringSplitOptions.RemoveEmptyEntries),
            History = !given.Has("no-history"),
        }.Checked();
    }

    private static double Number(Given given, string option, double otherwise) => given.Last(option) is not { } text ? otherwise
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number
        : throw GridError.Invalid($"--{option} {text} is no number", "See simbatch --help.");

    private static async Task<int> InForeground(ClusterSetup setup)
    {
        Signals.NoneIgnored();
        using var ending = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, ending));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, ending));
        await new Daemon(setup, Dialects.Find(setup.System)).Run(ending.Token);
        return 0;
    }

    private static void End(PosixSignalContext context, CancellationTokenSource ending)
    {
        context.Cancel = true;
        ending.Cancel();
    }

    private static async Task<int> Up(ClusterSetup setup, string[] options)
    {
        Directory.CreateDirectory(setup.Home);
        if (ProcessOf(setup.Home) is null)
        {
            const string script = "log=$1; shift; setsid \"$@\" >>\"$log\" 2>&1 </dev/null &";
            string[] words = ["-c", script, "sh", setup.LogFile, Environment.ProcessPath!, "run", setup.Home, .. options];
            using var shell = Process.Start(new ProcessStartInfo("/bin/sh", words) { UseShellExecute = false })!;
            await shell.WaitForExitAsync();
        }
        if (!await Until(() => ProcessOf(setup.Home) is not null, Limits.Start))
            throw GridError.Unavailable($"it does not start; the end "
                + $"of {setup.LogFile}: {(File.Exists(setup.LogFile) ? File.ReadLines(setup.LogFile).LastOrDefault() : "nothing")}");
        Console.WriteLine($"export PATH={setup.Bin}:$PATH");
        return 0;
    }

    private static async Task<int> Down(string home)
    {
        if (ProcessOf(home) is not { } process) return 0;
        _ = kill(process, Signals.Term);
        if (!await Until(() => Processes.StartTime(process) is null, Limits.Stop)) throw GridError.Unavailable($"process {process} does not end");
        return 0;
    }

    /// <summary>The daemon that runs there, known by its number and when it started: a number alone is used again.</summary>
    private static int? ProcessOf(string home)
    {
        var path = new ClusterSetup(home, "").ProcessFile;
        return File.Exists(path) && File.ReadAllText(path).Split(' ') is [var number, var started]
            && int.TryParse(number, CultureInfo.InvariantCulture, out var id)
            && long.TryParse(started, CultureInfo.InvariantCulture, out var time) && Processes.StartTime(id) == time ? id : null;
    }

    private static async Task<bool> Until(Func<bool> condition, TimeSpan bound)
    {
        for (var begun = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(Limits.Poll))
            if (Stopwatch.GetElapsedTime(begun) > bound) return false;
        return true;
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
