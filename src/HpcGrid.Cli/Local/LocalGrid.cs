using System.Text.RegularExpressions;
using HpcGrid.Cli.Output;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Spool;

namespace HpcGrid.Cli.Local;

/// <summary>The simulated nodes of a local grid.</summary>
/// <param name="Number">How many.</param>
/// <param name="Cores">Of each.</param>
/// <param name="PerPilot">Nodes that are started and ended together; as many can one job have.</param>
internal sealed record LocalNodes(int Number, int Cores, int PerPilot)
{
    /// <summary>The batch system whose commands start them, simulated; empty: the bridge does it by itself.</summary>
    public string Batch { get; init; } = "";

    /// <summary>Where the spool lies; empty: with the rest of the grid. Another filesystem is tried so.</summary>
    public string Spool { get; init; } = "";

    public override string ToString() => string.Concat($"{Number} nodes of {Cores} cores, {PerPilot} to a pilot",
        Batch.Length > 0 ? $", started through {Batch}" : "", Spool.Length > 0 ? $", with the spool {Spool}" : "");
}

/// <summary>
/// A whole grid on this machine: central, one bridge, and simulated compute nodes that the bridge's fork batch system starts, or the commands of a
/// simulated one, each without network where the kernel allows it. Starting twice starts what is missing; everything survives this program.
/// </summary>
internal sealed partial class LocalGrid(LocalHome home, Action<string> tell)
{
    private const string BridgeUser = "local";
    private readonly LocalProcesses _processes = new(home);
    private DateTimeOffset _bridgeStarted;

    public LocalHome Home => home;
    public CentralAddress Address => ClientFile.Read(home.ClientFile);

    /// <summary>Both daemons run.</summary>
    public bool IsUp => LocalState.Read(home) is { } state && LocalProcesses.Runs(state.Central) && LocalProcesses.Runs(state.Bridge)
        && (state.Batch.Length == 0 || LocalProcesses.Runs(state.SimBatch));

    /// <summary>
    /// Starts what does not run and waits until central answers and the bridge has reported to it. Throws GridError with the end of the log of what
    /// failed.
    /// </summary>
    public async Task Up(LocalNodes nodes, CancellationToken ct)
    {
        Directory.CreateDirectory(home.Folder);
        await using var only = Lock();
        var before = LocalState.Read(home);
        nodes = nodes with { Spool = SpoolFor(nodes.Spool, before) };
        var state = before ?? new LocalState { User = ThisUser(), Nodes = nodes.Number, CoresPerNode = nodes.Cores };
        if (LocalProcesses.Runs(state.Bridge) && nodes != state.Size)
            tell($"the grid runs with {state.Size}; `hpcgrid local down` first to change that");
        else state = state with { Nodes = nodes.Number, CoresPerNode = nodes.Cores, NodesPerPilot = nodes.PerPilot, Batch = nodes.Batch, Spool = nodes.Spool };
        if (!LocalProcesses.Runs(state.Central)) state = await StartCentral(state);
        await WaitForCentral(state, ct);
        if (state.Batch.Length > 0)
        {
            _processes.ProgramsFirst = home.BatchCommands;
            if (!LocalProcesses.Runs(state.SimBatch)) state = await StartBatch(state);
            await WaitForBatch(state);
        }
        if (!LocalProcesses.Runs(state.Bridge)) state = await StartBridge(state);
        await WaitForBridge(state, ct);
        await TellNetwork(state.Bridge!.Id);
    }

    /// <summary>Ends everything, and looks whether anything is left. With purge the state is removed too.</summary>
    public async Task Down(bool purge)
    {
        if (!Directory.Exists(home.Folder)) return;
        await using (Lock())
        {
            var state = LocalState.Read(home);
            if (!await LocalProcesses.End(state?.Bridge, Limits.LocalStop)) tell("the bridge did not end by itself and was killed");
            // It ends its jobs first.
            if (!await LocalProcesses.End(state?.SimBatch, Limits.LocalStop)) tell("the batch system did not end by itself and was killed");
            if (!await LocalProcesses.End(state?.Central, Limits.LocalStop)) tell("central did not end by itself and was killed");
            await EndLeftovers();
            if (state is not null) (state with { Central = null, Bridge = null, SimBatch = null }).Write(home);
        }
        if (!purge) return;
        // A folder that never became a spool may be somebody's.
        if (LocalState.Read(home) is { Spool: { Length: > 0 } spool } && File.Exists(Path.Combine(spool, SpoolNames.Sentinel)))
            Directory.Delete(spool, recursive: true);
        Directory.Delete(home.Folder, recursive: true);
    }

    public LocalState? State() => LocalState.Read(home);

    /// <summary>Jobs may lie in the spool: it stays where it is. What is there already is somebody's, and --purge would remove it.</summary>
    private static string SpoolFor(string asked, LocalState? before)
    {
        if (before is not null)
            return asked.Length == 0 || asked == before.Spool ? before.Spool
                : throw GridError.Conflict($"the spool of this grid is {(before.Spool.Length > 0 ? before.Spool : "in its own folder")}, not {asked}",
                    "`hpcgrid local down --purge` removes the grid; a new one can have its spool anywhere.");
        return asked.Length == 0 || !Path.Exists(asked) ? asked
            : throw GridError.Invalid($"{asked} exists", "Name a folder that does not: it is made, and removed by `hpcgrid local down --purge`.");
    }

    private async Task<LocalState> StartCentral(LocalState state)
    {
        tell("starting central");
        await _processes.Run("central", "init", "--home", home.Central, "--listen", "127.0.0.1:0");
        // A central that was killed has left its old url behind.
        File.Delete(home.CentralUrl);
        foreach (var (user, role) in new[] { (state.User, "user"), (BridgeUser, "bridge") })
            if (!File.Exists(Path.Combine(home.UserFolder(user), "client.yaml")))
                await _processes.Run("central", "user", "add", user, "--role", role, "--home", home.Central);
        // Two storage elements, so that copies can be tried.
        if (!Directory.Exists(home.SecondStorage))
            await _processes.Run("central", "storage", "set", "HPCGRID::Central::Second", "--directory", home.SecondStorage, "--home", home.Central);
        await File.WriteAllTextAsync(home.ClientFile, $"""
            # Made by `hpcgrid local up`.
            central: file:{home.CentralUrl}
            ca: {home.UserFolder(state.User)}/ca.pem
            certificate: {home.UserFolder(state.User)}/client.crt.pem
            key: {home.UserFolder(state.User)}/client.key.pem

            """);
        state = state with { Central = await _processes.Start("central", "run", "--home", home.Central) };
        state.Write(home);
        return state;
    }

    private async Task<LocalState> StartBridge(LocalState state)
    {
        tell($"starting the bridge, for {state.Size}");
        var isFork = state.Batch.Length == 0;
        await File.WriteAllTextAsync(home.BridgeFile, $"""
            # Made by `hpcgrid local up`.
            name: {BridgeUser}
            site: LOCAL
            ce: HPCGRID::LOCAL::{(isFork ? "FORK" : state.Batch.ToUpperInvariant())}
            client: "{home.UserFolder(BridgeUser)}/client.yaml"
            spool: "{(state.Spool.Length > 0 ? state.Spool : home.Spool)}"
            state: "{home.BridgeState}"
            closeSe: ["HPCGRID::Central::Local"]
            stopPilots: true
            batch:
              system: {(isFork ? "fork" : state.Batch)}
              nodes: {state.Nodes}
              nodesPerPilot: {Math.Max(1, state.NodesPerPilot)}
              coresPerNode: {state.CoresPerNode}
              walltime: 86400
              idleExit: 3600
              agent: "{SiblingDaemon.PathOf("agent")}"
              {(isFork ? "isolateNetwork: auto" : "pollSeconds: 1")}

            """);
        // Central is on this machine: its clock is ours. What it remembers of an earlier bridge does not count.
        _bridgeStarted = TimeProvider.System.GetUtcNow();
        state = state with { Bridge = await _processes.Start("bridge", "run", "--config", home.BridgeFile) };
        state.Write(home);
        return state;
    }

    /// <summary>LSF's machines have a launch node that only jsrun leads on from.</summary>
    private async Task<LocalState> StartBatch(LocalState state)
    {
        tell($"starting a batch system with the commands of {state.Batch}");
        Directory.CreateDirectory(home.Batch);
        File.Delete(home.BatchProcess);
        string[] machine = state.Batch == "lsf" ? ["--launchers", "jsrun", "--service-node"] : [];
        state = state with
        {
            SimBatch = await _processes.Start(SiblingDaemon.SimBatch, ["run", home.Batch, "--system", state.Batch, "--nodes", Words.Number(state.Nodes),
                "--cores", Words.Number(state.CoresPerNode), .. machine]),
        };
        state.Write(home);
        return state;
    }

    private async Task WaitForBatch(LocalState state)
    {
        if (!await LocalProcesses.Until(() => File.Exists(home.BatchProcess) || !LocalProcesses.Runs(state.SimBatch), Limits.LocalStart)
            || !LocalProcesses.Runs(state.SimBatch))
            throw Failed(SiblingDaemon.SimBatch, LocalProcesses.Runs(state.SimBatch) ? $"does not answer after {Limits.LocalStart.TotalSeconds:0} s"
                : "ended at its start");
        tell($"its commands are in {home.BatchCommands}");
    }

    private async Task WaitForCentral(LocalState state, CancellationToken ct)
    {
        if (!await LocalProcesses.Until(() => ct.IsCancellationRequested || File.Exists(home.CentralUrl) || !LocalProcesses.Runs(state.Central),
            Limits.LocalStart)
            || !LocalProcesses.Runs(state.Central))
            throw Failed("central", LocalProcesses.Runs(state.Central) ? $"does not listen after {Limits.LocalStart.TotalSeconds:0} s"
                : "ended at its start");
        ct.ThrowIfCancellationRequested();
        await using var client = new GridClient(Address) { Patience = Limits.LocalStart };
        await client.Call(new WhoAmI(), ct);
    }

    /// <summary>Nodes start when jobs wait for them, so the bridge's word to central is all there is to wait for.</summary>
    private async Task WaitForBridge(LocalState state, CancellationToken ct)
    {
        await using var client = new GridClient(Address) { Patience = Limits.LocalStart };
        var begun = TimeProvider.System.GetTimestamp();
        while (!(await client.Call(new ListNodes(), ct)).Bridges.Any(bridge => bridge.Bridge == BridgeUser && bridge.LastSeen >= _bridgeStarted))
        {
            if (!LocalProcesses.Runs(state.Bridge)) throw Failed("bridge", "ended at its start");
            if (TimeProvider.System.GetElapsedTime(begun) > Limits.LocalStart)
                throw Failed("bridge", $"has not reported to central in {Limits.LocalStart.TotalSeconds:0} s");
            await Task.Delay(Limits.LocalPoll, ct);
        }
    }

    /// <summary>One line: whether nodes are really cut off.</summary>
    private async Task TellNetwork(int bridge)
    {
        LocalBridgeStatus? status = null;
        if (await LocalProcesses.Until(() => (status = LocalBridgeStatus.Read(home, bridge)) is not null, Limits.LocalStart)) tell(status!.Network);
    }

    /// <summary>The local bridge's nodes, without those that are gone.</summary>
    public static IReadOnlyList<NodeStatus> Nodes(NodeList list) =>
        [.. list.Bridges.Where(bridge => bridge.Bridge == BridgeUser).SelectMany(bridge => bridge.Nodes).Where(node => node.State != "gone")];

    /// <summary>Agents first: they end their jobs in good order. What is left of those after them would stay for ever.</summary>
    private async Task EndLeftovers()
    {
        await EndAll(_processes.Left);
        await EndAll(_processes.Orphans);
    }

    private async Task EndAll(Func<IReadOnlyList<ProcessMark>> find)
    {
        var left = find();
        if (left.Count == 0) return;
        tell($"ending {left.Count} processes that were left");
        await Task.WhenAll(left.Select(process => LocalProcesses.End(process, Limits.LeftoverGrace)));
        if (find() is { Count: > 0 } still)
            throw GridError.Unavailable($"processes {string.Join(", ", still.Select(process => process.Id))} do not end",
                "Look at them with ps -ef; a process that waits for a disk ends when the disk answers.");
    }

    private GridError Failed(string daemon, string how)
    {
        var log = home.LogOf(daemon);
        var tail = File.Exists(log)
            ? string.Join('\n', File.ReadLines(log).TakeLast(Limits.LogTail).Select(line => "    " + line)) : "    (it wrote nothing)";
        return GridError.Unavailable($"hpcgrid-{daemon} {how}. The end of {log}:\n{tail}",
            "`hpcgrid local down --purge` removes all state of the local grid; then try again.");
    }

    /// <summary>Two of us at once would start everything twice.</summary>
    private FileStream Lock()
    {
        try { return new FileStream(Path.Combine(home.Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e)
        {
            throw new GridError(ErrorCode.Conflict, $"another `hpcgrid local` works on {home.Folder}", "Wait for it to end.", e);
        }
    }

    private static string ThisUser()
    {
        var name = NotInNames().Replace(Environment.UserName.ToLowerInvariant(), "");
        return name.Length > 0 ? name : "user";
    }

    [GeneratedRegex("[^a-z0-9_]")]
    private static partial Regex NotInNames();
}
