using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Staging;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Parties;

/// <summary>
/// The production bridge as a party, on a real ledger. A crash drops everything but the ledger's committed transactions; somebody starts it again.
/// </summary>
internal sealed class SimBridge
{
    private static readonly CentralAddress Address = new(new Uri("https://central.test:1"), "none", null, null);
    private static readonly StagingRoom Room = new(12_000, 250_000, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15));
    private static readonly TimeSpan Thought = TimeSpan.FromMilliseconds(0.5);
    private readonly Grid _grid;
    private readonly string _state;
    private readonly ISharedFs _fs;
    private readonly SimFs _own;
    private readonly Fiber _loop;
    private BridgeHost? _host;

    /// <param name="grid">Where.</param>
    /// <param name="party">Its process.</param>
    /// <param name="state">Its state folder, which outlives it.</param>
    public SimBridge(Grid grid, Party party, string state)
    {
        (_grid, Party, _state) = (grid, party, state);
        _own = grid.Open(party, grid.LoginNode);
        _fs = grid.Mutation.Bridge(grid, _own);
        _loop = party.Begin("loop", Live);
        party.Afterwards = () => grid.Scheduler.Signal(_loop);
    }

    public Party Party { get; }

    /// <summary>Where it stages inputs on its own disk.</summary>
    public string StageFolder => Path.Combine(_state, "stage");

    /// <summary>Calls or transfers are under way: also those that had to wait for their turn and went on under another name (seed 8009617).</summary>
    public bool IsBusy => Party.RunsBeside(_loop);

    /// <summary>Null while it starts, and after its end.</summary>
    public LedgerDatabase? Ledger { get; private set; }

    /// <summary>Its process is over, for whatever reason.</summary>
    public bool Over { get; private set; }

    /// <summary>SIGUSR1: it is to end its work in good order. Before it works it hears nothing.</summary>
    public void Drain()
    {
        if (_host is not { } host || Over || Party.Dead) return;
        _grid.Note("world", "drain", Party.Name, "");
        host.Drain();
        _grid.Scheduler.Signal(_loop);
    }

    private void Live()
    {
        BridgeHost? host = null;
        LedgerDatabase? ledger = null;
        try
        {
            var fs = new CountingFs(_fs);
            var root = SpoolRoot.Create(fs, Grid.SpoolPath, SpoolSharing.Private, _grid.Scenario.Shards, _grid.ClusterId, _grid.Nonces);
            ledger = LedgerDatabase.Open(Path.Combine(_state, "ledger.db"));
            host = _host = Begin(fs, root, ledger);
            Ledger = ledger;
            Turn(host);
        }
        catch (GridError e)
        {
            _grid.Note(Party.Name, "exit", e.Message.Replace(_state, "state", StringComparison.Ordinal), e.Code.ToString());
        }
        finally
        {
            Ledger = null;
            Over = true;
            host?.Dispose();
            ledger?.Dispose();
            _grid.BridgeEnded(this);
        }
    }

    private BridgeHost Begin(CountingFs fs, SpoolRoot root, LedgerDatabase ledger)
    {
        var options = new BridgeOptions
        {
            Name = "titan",
            Site = JobSheets.Site,
            Spool = Grid.SpoolPath,
            State = _state,
            OperationsPerSecond = _grid.BridgeRate,
            SpoolPollMilliseconds = 150,
            Batch = new BatchOptions { Nodes = _grid.Scenario.Nodes, NodesPerPilot = _grid.Scenario.NodesPerPilot, CoresPerNode = 2, Walltime = (int)_grid.Scenario.LongestWalltime.TotalSeconds, IdleExit = 60 },
        };
        var link = new SimCentral.Link(_grid, _grid.Central, _grid.Scheduler, _grid.Dice);
        var ways = new BridgeWays(_grid.Nonces, (time, _) => _grid.Scheduler.Sleep(time), work => Party.Begin("background", () => _ = work()))
        {
            Disk = new SimDisk(Party.Clock),
            Room = Room,
        };
        Arrivals? arrivals = null;
        var host = new BridgeHost(new BridgeParts(
            options, ledger, root, fs, _grid.Batch, to =>
            {
                arrivals = to;
                return link;
            },
            new StorageClient(Address, new SimStorage(_grid)), _grid.Timing, Party.Clock, "simulated") { Ways = ways });
        var ruling = _grid.Central.Hello(new BridgeHello(options.Name, options.Site, ledger.Id) { Matches = ledger.Matches.Made, Spool = arrivals!.Spool });
        arrivals.Welcomed(new BridgeWelcome("vo", [JobSheets.PublicPem], 600, [new StorageTarget("VO::SITE::SE", "/se")]) { Spool = ruling });
        return host;
    }

    private void Turn(BridgeHost host)
    {
        while (!host.IsDrained)
        {
            var wait = host.Loop.RunOnce();
            _grid.Checker.Ticked(this, host);
            _grid.Rests(this);
            _grid.Scheduler.Sleep(Thought);
            _grid.Scheduler.Listen(wait);
        }
    }
}
