using System.CommandLine;
using HpcGrid.Cli.Local;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid local`: a whole grid on this machine.</summary>
internal sealed class LocalCommand : GridCommand
{
    public LocalCommand() : base("local",
        "A whole grid on this machine: central, a bridge, simulated nodes without network. State is in $HPCGRID_HOME.",
        "hpcgrid local up --nodes 8", "hpcgrid local status", "hpcgrid local run examples/command-array/hello.jdl", "hpcgrid local down")
    {
        Add(new LocalUpCommand());
        Add(new LocalStatusCommand());
        Add(new LocalRunCommand());
        Add(new LocalDemoCommand());
        Add(new LocalDownCommand());
    }

    /// <summary>The local grid, which tells its steps on standard error.</summary>
    public static LocalGrid Grid(Session session) =>
        new(LocalHome.OfThisUser(), text => { if (!session.Json) session.Terminal.Error.WriteLine(text); });
}

/// <summary>How large the local grid is.</summary>
internal sealed class LocalSize
{
    private readonly Option<int> _nodes = new("--nodes") { Description = "Simulated compute nodes.", DefaultValueFactory = _ => 4, HelpName = "N" };
    private readonly Option<int> _cores = new("--cores-per-node") { Description = "Cores that each offers.", DefaultValueFactory = _ => 2,
        HelpName = "N" };

    private readonly Option<int> _perPilot = new("--nodes-per-pilot") { Description = "Nodes that start together; one job can have as many (NodeCount).",
        DefaultValueFactory = _ => 1, HelpName = "N" };

    /// <summary>What people call them, and the folder of hpc-templates.</summary>
    private static readonly IReadOnlyDictionary<string, string> Batches = new Dictionary<string, string>
        { ["slurm"] = "slurm", ["pbs"] = "openpbs", ["lsf"] = "lsf" };

    private readonly Option<string?> _batch = new("--batch")
    {
        Description = $"Start nodes through a simulated batch system: {string.Join(", ", Batches.Keys)}.", HelpName = "SYSTEM",
    };

    private readonly Option<string?> _spool = new("--spool")
    {
        Description = "A folder to be made for the spool, to try a filesystem of yours.", HelpName = "DIR",
    };

    public LocalSize(Command command)
    {
        command.Add(_nodes);
        command.Add(_cores);
        command.Add(_perPilot);
        command.Add(_batch);
        command.Add(_spool);
    }

    public async Task Up(LocalGrid grid, ParseResult parsed, CancellationToken ct)
    {
        var (nodes, cores) = (parsed.GetValue(_nodes), parsed.GetValue(_cores));
        if (nodes is < 1 or > Limits.MostLocalNodes) throw GridError.Invalid($"--nodes {nodes} is not possible",
            $"Give 1 to {Limits.MostLocalNodes}.");
        if (cores is < 1 or > 1024) throw GridError.Invalid($"--cores-per-node {cores} is not possible", "Give 1 to 1024.");
        var perPilot = parsed.GetValue(_perPilot);
        if (perPilot < 1 || perPilot > nodes)
            throw GridError.Invalid($"--nodes-per-pilot {perPilot} is not possible", $"Give 1 to {nodes}, the number of nodes.");
        var batch = parsed.GetValue(_batch) is not { } name ? "" : Batches.TryGetValue(name, out var system) ? system
            : throw GridError.Invalid($"--batch {name} is not possible", $"Give {string.Join(", ", Batches.Keys)}, or leave it out.");
        var elsewhere = parsed.GetValue(_spool) is { } spool ? Path.GetFullPath(spool) : "";
        await grid.Up(new LocalNodes(nodes, cores, perPilot) { Batch = batch, Spool = elsewhere }, ct);
    }
}

/// <summary>`hpcgrid local up`.</summary>
internal sealed class LocalUpCommand : GridCommand
{
    private readonly LocalSize _size;

    public LocalUpCommand() : base("up", "Start the local grid, or what is missing of it, in the background.", "hpcgrid local up",
        "hpcgrid local up --nodes 16 --cores-per-node 1", "hpcgrid local up --nodes 4 --nodes-per-pilot 2", "hpcgrid local up --batch pbs",
        "hpcgrid local up --spool /lustre/me/try") =>
        _size = new LocalSize(this);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var grid = LocalCommand.Grid(session);
        await _size.Up(grid, parsed, ct);
        session.Connect(grid.Address);
        return await LocalStatusCommand.Show(grid, session, ct);
    }
}

/// <summary>`hpcgrid local status`.</summary>
internal sealed class LocalStatusCommand()
    : GridCommand("status", "Processes, nodes and their network, jobs by state. Exit code 5 when it is down.", "hpcgrid local status --json")
{
    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var grid = LocalCommand.Grid(session);
        if (!File.Exists(grid.Home.ClientFile)) throw GridError.Unavailable($"there is no local grid in {grid.Home.Folder}",
            "Start one: hpcgrid local up");
        session.Connect(grid.Address);
        return await Show(grid, session, ct);
    }

    public static async Task<int> Show(LocalGrid grid, Session session, CancellationToken ct)
    {
        var state = grid.State();
        var central = LocalProcesses.Runs(state?.Central);
        var bridge = LocalProcesses.Runs(state?.Bridge);
        var nodes = central ? await session.Ask(new ListNodes(), ct) : new NodeList([]);
        var jobs = central ? await CountJobs(session, ct) : [];
        var batch = state is { Batch.Length: > 0 }
            ? new LocalBatchStatus(state.Batch, LocalProcesses.Runs(state.SimBatch) ? state.SimBatch!.Id : null, grid.Home.BatchCommands) : null;
        var status = new LocalStatus(grid.Home.Folder, central, bridge, state?.Central?.Id, state?.Bridge?.Id, batch, LocalGrid.Nodes(nodes), jobs);
        session.Show(status, () =>
        {
            var output = session.Terminal.Output;
            output.WriteLine($"home     {status.Home}");
            output.WriteLine($"central  {(central ? $"process {status.CentralId} at {session.Address.Resolve()}" : "down")}");
            output.WriteLine($"bridge   {(bridge ? $"process {status.BridgeId}" : "down")}");
            var runs = batch?.Id is { } id ? $"process {id}; its commands: PATH={batch.Commands}:$PATH" : "down";
            if (batch is not null) output.WriteLine($"batch    {batch.System}, {runs}");
            var counts = jobs.OrderBy(job => StateColours.Order(job.Key)).Select(job => $"{job.Key} {job.Value}");
            if (jobs.Count > 0) output.WriteLine($"jobs     {string.Join("  ", counts)}");
            if (status.Nodes.Count > 0) NodesCommand.Write(nodes, session.Terminal);
        });
        return central && bridge ? ExitCodes.Ok : ExitCodes.Unavailable;
    }

    private static async Task<Dictionary<string, int>> CountJobs(Session session, CancellationToken ct)
    {
        var counts = new Dictionary<string, int>();
        await foreach (var job in Jobs.JobPages.All(session, new ListJobs(), ct))
            foreach (var (state, count) in job.Children is { Count: > 0 } children ? children : new Dictionary<string, int> { [job.State] = 1 })
                counts[state] = counts.GetValueOrDefault(state) + count;
        return counts;
    }
}

/// <summary>`hpcgrid local down`.</summary>
internal sealed class LocalDownCommand : GridCommand
{
    private readonly Option<bool> _purge = new("--purge") { Description = "Remove all state too: jobs, catalogue, certificates." };

    public LocalDownCommand() : base("down", "End the local grid and all of its processes.", "hpcgrid local down", "hpcgrid local down --purge") =>
        Add(_purge);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        await LocalCommand.Grid(session).Down(parsed.GetValue(_purge));
        if (!session.Json) session.Terminal.Error.WriteLine("the local grid is down");
        return ExitCodes.Ok;
    }
}

/// <summary>`hpcgrid local run`.</summary>
internal sealed class LocalRunCommand : GridCommand
{
    private readonly SubmitOptions _options;
    private readonly LocalSize _size;
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Folder for the results (hpcgrid-job-NUMBER unless given).",
        HelpName = "DIR" };

    public LocalRunCommand() : base("run",
        "Start the local grid if needed, bring the files beside the JDL into the catalogue, submit, watch, fetch the results.",
        "hpcgrid local run examples/decay/decay.jdl 50 first", "hpcgrid local run -n 20 -- /bin/echo 'job #alien_counter#'")
    {
        _options = new SubmitOptions(this, alwaysUpload: true);
        _size = new LocalSize(this);
        Add(_output);
    }

    public override bool TakesPlainCommand => true;

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var grid = LocalCommand.Grid(session);
        if (!grid.IsUp) await _size.Up(grid, parsed, ct);
        session.Connect(grid.Address);
        session.Patience = Limits.WatchPatience;
        var submitted = await _options.Submit(this, parsed, session, ct);
        return await new Jobs.JobRun(session).Finish(submitted, parsed.GetValue(_output), fetch: true, ct);
    }
}
