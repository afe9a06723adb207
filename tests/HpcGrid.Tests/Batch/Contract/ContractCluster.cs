using System.Diagnostics;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.Bridge;

namespace HpcGrid.Tests.Batch.Contract;

/// <summary>
/// A batch system and what a bridge sees of it: the shipped adapter, its commands, accidents on order, and an agent that writes down what it was given
/// and which signals it got, and ends when it is told to.
/// </summary>
internal abstract class ContractCluster : IDisposable
{
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

    private static int _tags;
    private readonly List<PilotRequest> _quiet = [];
    private readonly List<PilotRequest> _made = [];

    protected ContractCluster(ClusterNature nature)
    {
        Nature = nature;
        Folder = Directory.CreateTempSubdirectory($"hpcgrid-{nature.System}-").FullName;
        Directory.CreateDirectory(Records);
        Directory.CreateDirectory(Folders.Logs);
        WriteProgram(Agent, Recorder);
        Shipped = AdapterFile.Read(Path.Combine(AppContext.BaseDirectory, "hpc-templates", nature.System));
    }

    public ClusterNature Nature { get; }
    public string Folder { get; }
    public ManualTime Time { get; } = new();
    public Adapter Shipped { get; }

    /// <summary>Where bridges that are made from now on run the commands.</summary>
    public CommandPlace Place { get; set; } = CommandPlace.Here;
    private string Agent => Path.Combine(Folder, "agent");
    private string Records => Path.Combine(Folder, "agents");
    private PilotFolders Folders => new(Path.Combine(Folder, "state"), Path.Combine(Folder, "logs"));

    /// <summary>Longest wait for what must come.</summary>
    protected virtual TimeSpan Bound => TimeSpan.FromSeconds(90);

    /// <summary>Where the commands are that the bridge calls.</summary>
    protected abstract string Programs { get; }

    /// <summary>The command that it submits, asks, looks into history and cancels with; the history's is empty where there is none.</summary>
    public (string Submit, string Status, string History, string Cancel) Commands =>
        (Shipped.Submit[0], Shipped.Status.Words[0], Shipped.History?.Words[0] ?? "", Shipped.Cancel[0]);

    /// <summary>A bridge that has just started: it remembers what lies on disk.</summary>
    public CommandBatchSystem Bridge(BatchOptions? options = null, IReadOnlyList<string>? agent = null, int patience = 60)
    {
        var adapter = Shipped with
        {
            Submit = Located(Shipped.Submit),
            Status = Shipped.Status with { Words = Located(Shipped.Status.Words) },
            History = Shipped.History is { } history ? history with { Words = Located(history.Words) } : null,
            Cancel = Located(Shipped.Cancel),
            Place = Place,
            Patience = TimeSpan.FromSeconds(patience),
            // The budget counts by the test's clock, which stands still.
            CallsPerMinute = 100_000,
        };
        var all = (options ?? new BatchOptions()) with { Attributes = Nature.Options.Attributes, Start = Nature.Options.Start };
        return new CommandBatchSystem(adapter, new SubmitScript(adapter, all, [Agent, Records, .. agent ?? []]), Folders, Time);
    }

    /// <summary>A pilot with a tag that nobody else has, and a place for what its agents write down.</summary>
    public PilotRequest Pilot(int nodes = 1, TimeSpan? walltime = null, bool stubborn = false)
    {
        var tag = $"p{Interlocked.Increment(ref _tags)}-{Nature.System}";
        Directory.CreateDirectory(Path.Combine(Records, tag));
        if (stubborn) File.WriteAllText(Path.Combine(Records, tag, "stubborn"), "");
        var lasts = walltime ?? TimeSpan.FromMinutes(1_000);
        var pilot = new PilotRequest(tag, nodes, 2, lasts, DateTimeOffset.UtcNow + lasts);
        lock (_made) _made.Add(pilot);
        return pilot;
    }

    /// <summary>Submits a pilot that has to wait, and gives what lets it begin.</summary>
    public abstract Task<(PilotRequest Pilot, Func<Task> LetBegin)> Waiting();

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
            if (Nature.ForgetsEnds) Time.Advance(TimeSpan.FromMinutes(1));
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

    /// <summary>The cluster has ended it, whatever its commands say.</summary>
    public Task Ended(PilotRequest pilot) => Until(() => HasEnded(pilot), $"{pilot.Tag} to end");

    protected abstract bool HasEnded(PilotRequest pilot);

    /// <summary>Ids of the jobs that the cluster has under a tag, whatever its commands say.</summary>
    public abstract IReadOnlyList<string> JobsOf(PilotRequest pilot);

    /// <summary>From now on a command has an accident: "sbatch lost-answer x1", in the words of the simulator.</summary>
    public abstract void Fault(string fault);

    /// <summary>The accidents that are left, a line each.</summary>
    public abstract string Faults();

    public abstract void ClearFaults();

    /// <summary>The scheduler does not answer any more; its jobs go on.</summary>
    public abstract void GoAway();

    public abstract void ComeBack();

    /// <summary>As though it had never had that job.</summary>
    public abstract void Forget(PilotRequest pilot);

    /// <summary>An administrator starts it again under its id.</summary>
    public abstract void Requeue(PilotRequest pilot);

    public abstract void NodeDown(string node);

    public abstract void NodeUp(string node);

    /// <summary>Accidents are taken back, and pilots of the test end.</summary>
    public void Quiet()
    {
        ClearFaults();
        lock (_made)
        {
            foreach (var pilot in _made.Where(pilot => !File.Exists(Path.Combine(Records, pilot.Tag, "go")))) Go(pilot);
            _quiet.AddRange(_made);
            _made.Clear();
        }
        Settle();
    }

    /// <summary>Waits for what pilots that end could still do to the next case.</summary>
    protected virtual void Settle()
    {
    }

    public void Dispose()
    {
        Down();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>All pilots of its cases.</summary>
    protected IReadOnlyList<PilotRequest> Submitted
    {
        get
        {
            lock (_made) return [.. _quiet, .. _made];
        }
    }

    /// <summary>What the system says of the case's jobs, for who has to find out why one did not come or go.</summary>
    protected virtual string Picture() => "";

    /// <summary>Nothing of it may write into the folder any more.</summary>
    protected abstract void Down();

    public Task Until(Func<bool> condition, string what) => Until(() => Task.FromResult(condition()), what);

    public async Task Until(Func<Task<bool>> condition, string what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed >= Bound) Assert.Fail($"waited for {what}\n{Picture()}");
            await timer.WaitForNextTickAsync();
        }
    }

    protected static void WriteProgram(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    protected string Run(string program, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.GetAwaiter().GetResult();
    }

    private IReadOnlyList<string> Located(IReadOnlyList<string> words) => [Path.Combine(Programs, words[0]), .. words.Skip(1)];
}
