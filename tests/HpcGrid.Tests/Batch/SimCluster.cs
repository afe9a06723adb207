using System.Diagnostics;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.Bridge;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Batch;

/// <summary>
/// A simulated batch system and what a bridge sees of it: the shipped adapter, its commands from the cluster's folder, and an agent that writes down what it
/// was given and which signals it got, and ends when it is told to.
/// </summary>
internal sealed class SimCluster : IDisposable
{
    /// <summary>A minute of walltime is a tenth of a second: half an hour, from which on pilots are warned, is three.</summary>
    private const string Minute = "0.1", Grace = "6";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);
    private static int _tags;

    private const string Recorder = """
        #!/bin/sh
        # NODE.PID.words: its arguments. NODE.PID.signals: what it was sent. It ends when `go` is there, or by TERM unless `stubborn` is.
        here=$1; node=; pilot=
        for word; do
            case $last in --node) node=$word ;; --pilot) pilot=$word ;; esac
            last=$word
        done
        cd "$here/$pilot" || exit 9
        me=$node.$$
        trap 'echo USR1 >> $me.signals' USR1
        trap 'echo USR2 >> $me.signals' USR2
        trap 'echo INT >> $me.signals; [ -e stubborn ] || exit 130' INT
        trap 'echo TERM >> $me.signals; [ -e stubborn ] || exit 143' TERM
        echo "agent on $node"
        env > $me.environment
        printf '%s\0' "$@" > $me.new; mv $me.new $me.words
        until [ -e go ]; do sleep 0.1; done
        read -r code < go
        exit ${code:-0}
        """;

    private readonly string _system;
    private readonly List<string> _made = [];

    public SimCluster(string system, int nodes = 6)
    {
        _system = system;
        Folder = Directory.CreateTempSubdirectory($"hpcgrid-{system}-").FullName;
        Directory.CreateDirectory(Records);
        Directory.CreateDirectory(Folders.Logs);
        File.WriteAllText(Path.Combine(Folder, "agent"), Recorder);
        File.SetUnixFileMode(Path.Combine(Folder, "agent"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _start = ["--system", system, "--nodes", $"{nodes}", "--cores", "2", "--minute", Minute, "--grace", Grace, "--isolate", "no",
            .. Flavours.Machine(system)];
        Up();
    }

    private readonly string[] _start;

    public string Folder { get; }
    public ManualTime Time { get; } = new();
    private string Records => Path.Combine(Folder, "agents");
    private string Home => Path.Combine(Folder, "cluster");
    private PilotFolders Folders => new(Path.Combine(Folder, "state"), Path.Combine(Folder, "logs"));

    /// <summary>The command that this flavour submits, asks, looks into history and cancels with; the history's is empty where there is none.</summary>
    public (string Submit, string Status, string History, string Cancel) Commands
    {
        get
        {
            var adapter = Shipped;
            return (adapter.Submit[0], adapter.Status.Words[0], adapter.History?.Words[0] ?? "", adapter.Cancel[0]);
        }
    }

    public Adapter Shipped => AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", _system));

    /// <summary>A bridge that has just started: it remembers what lies on disk.</summary>
    public CommandBatchSystem Bridge(BatchOptions? options = null, IReadOnlyList<string>? agent = null, int patience = 60)
    {
        var adapter = Shipped;
        adapter = adapter with
        {
            Submit = Located(adapter.Submit),
            Status = adapter.Status with { Words = Located(adapter.Status.Words) },
            History = adapter.History is { } history ? history with { Words = Located(history.Words) } : null,
            Cancel = Located(adapter.Cancel),
            Patience = TimeSpan.FromSeconds(patience),
            // The budget counts by the test's clock, which stands still.
            CallsPerMinute = 100_000,
        };
        return new CommandBatchSystem(adapter, new SubmitScript(adapter, (options ?? new BatchOptions()) with { Attributes = Flavours.Attributes(_system) },
            [Path.Combine(Folder, "agent"), Records, .. agent ?? []]),
            Folders, Time);
    }

    /// <summary>A pilot with a tag that nobody else has, and a place for what its agents write down.</summary>
    public PilotRequest Pilot(int nodes = 1, int minutes = 1_000, bool stubborn = false)
    {
        var tag = $"p{Interlocked.Increment(ref _tags)}-{_system}";
        lock (_made) _made.Add(tag);
        Directory.CreateDirectory(Path.Combine(Records, tag));
        if (stubborn) File.WriteAllText(Path.Combine(Records, tag, "stubborn"), "");
        return new PilotRequest(tag, nodes, 2, TimeSpan.FromMinutes(minutes), DateTimeOffset.UtcNow.AddMinutes(minutes));
    }

    public string Log(PilotRequest pilot) => Folders.LogOf(pilot.Tag);

    public string StateOf(PilotRequest pilot) => Folders.Of(pilot.Tag);

    /// <summary>Agents that have begun: their nodes, and what they were given.</summary>
    public IReadOnlyList<(string Node, string[] Words)> Agents(PilotRequest pilot) =>
        [.. Directory.EnumerateFiles(Path.Combine(Records, pilot.Tag), "*.words").Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file).Split('.')[0], File.ReadAllText(file).Split('\0')[..^1]))];

    /// <summary>The environment of its only agent.</summary>
    public string[] EnvironmentOf(PilotRequest pilot) => File.ReadAllLines(Directory.EnumerateFiles(Path.Combine(Records, pilot.Tag), "*.environment").Single());

    public IReadOnlyList<string> SignalsOf(PilotRequest pilot) =>
        [.. Directory.EnumerateFiles(Path.Combine(Records, pilot.Tag), "*.signals").SelectMany(File.ReadAllLines)];

    /// <summary>Its agents end.</summary>
    public void Go(PilotRequest pilot, int exitCode = 0) => File.WriteAllText(Path.Combine(Records, pilot.Tag, "go"), $"{exitCode}\n");

    public Task Started(PilotRequest pilot, int agents = 1) => Until(() => Agents(pilot).Count >= agents, $"{agents} agents of {pilot.Tag} to start");

    public async Task<BatchStatus> State(CommandBatchSystem bridge, PilotRequest pilot) => (await bridge.Status([pilot.Tag], default)).Single();

    /// <summary>Asks until the state is there, and tells which ones were seen before.</summary>
    public async Task<IReadOnlyList<BatchState>> UntilState(CommandBatchSystem bridge, PilotRequest pilot, BatchState wanted)
    {
        var seen = new List<BatchState>();
        await Until(async () =>
        {
            // Where ends are forgotten they are concluded, from time that passes.
            if (Flavours.ForgetsEnds(_system)) Time.Advance(TimeSpan.FromMinutes(1));
            var state = (await State(bridge, pilot)).State;
            if (seen.Count == 0 || seen[^1] != state) seen.Add(state);
            return state == wanted;
        }, $"{pilot.Tag} to be {wanted}");
        return seen;
    }

    /// <summary>Cancels and asks until it has ended, as the bridge does.</summary>
    public Task UntilCancelled(CommandBatchSystem bridge, PilotRequest pilot) => Until(async () =>
    {
        await bridge.Cancel([pilot.Tag], default);
        return (await State(bridge, pilot)).State == BatchState.Ended;
    }, $"{pilot.Tag} to end");

    public Task Ended(PilotRequest pilot) => Until(() => Own("status").Contains($"ended   {pilot.Tag}", StringComparison.Ordinal), $"{pilot.Tag} to end");

    /// <summary>Jobs that the cluster has under a tag, whatever its commands say.</summary>
    public IReadOnlyList<string> JobsOf(PilotRequest pilot) =>
        [.. Sim(Home, "status").Split('\n').Where(line => line.StartsWith("job ", StringComparison.Ordinal) && line.Contains($" {pilot.Tag} ", StringComparison.Ordinal)
            || line.EndsWith($" {pilot.Tag}", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])];

    public string Sim(params string[] words) => Run(Path.Combine(AppContext.BaseDirectory, "hpcgrid-simbatch"), words);

    public string Own(params string[] words) => Sim([Home, .. words]);

    /// <summary>"sbatch lost-answer x1".</summary>
    public void Fault(string fault) => Own(["fault", .. fault.Split(' ')]);

    public string Faults() => Own("fault").Trim();

    /// <summary>One of the cluster's commands, as a user types it.</summary>
    public string Command(string name, params string[] words) => Run(Path.Combine(Home, "bin", name), words);

    public void Up() => Sim(["up", Home, .. _start]);

    /// <summary>kill -9 of the scheduler; its jobs go on.</summary>
    public void Kill()
    {
        using var daemon = Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(Home, "pid")).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
        daemon.Kill();
        daemon.WaitForExit();
    }

    /// <summary>Faults are taken back, and pilots of the test end.</summary>
    public void Quiet()
    {
        Own("fault", "clear");
        lock (_made)
        {
            foreach (var tag in _made.Where(tag => !File.Exists(Path.Combine(Records, tag, "go")))) File.WriteAllText(Path.Combine(Records, tag, "go"), "0\n");
            _made.Clear();
        }
    }

    public void Dispose()
    {
        Sim("down", Home);
        Directory.Delete(Folder, recursive: true);
    }

    public static Task Until(Func<bool> condition, string what) => Until(() => Task.FromResult(condition()), what);

    public static async Task Until(Func<Task<bool>> condition, string what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.That(clock.Elapsed, Is.LessThan(Bound), $"waited for {what}");
            await timer.WaitForNextTickAsync();
        }
    }

    private IReadOnlyList<string> Located(IReadOnlyList<string> words) => [Path.Combine(Home, "bin", words[0]), .. words.Skip(1)];

    private string Run(string program, string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.GetAwaiter().GetResult();
    }
}
