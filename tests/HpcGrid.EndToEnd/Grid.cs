using System.Text.Json;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.EndToEnd;

/// <summary>
/// A whole grid of real processes in a folder of its own: central, a bridge, agents in network namespaces. Ends and removes all of it on
/// disposal; shows the ends of the logs when a test has failed.
/// </summary>
internal sealed class Grid : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly GridSetup _setup;
    private readonly Dictionary<string, string> _environment;
    private Daemon? _central;
    private Daemon? _bridge;

    private Grid(string folder, GridSetup setup)
    {
        (_folder, _setup) = (folder, setup);
        _environment = new()
        {
            ["HPCGRID_TEST_GRID"] = folder,
            ["HPCGRID_CLIENT"] = Path.Combine(folder, "central/users/physicist/client.yaml"),
            // Machines that run tests may be busier than a person would bear.
            ["HPCGRID_PATIENCE"] = "60",
            ["DOTNET_EnableDiagnostics"] = "0",
            ["TMPDIR"] = Path.Combine(folder, "tmp"),
        };
    }

    public string Folder => _folder;

    /// <summary>What a process needs to belong to this grid.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;
    public string SpoolRoot => _setup.Spool ?? Path.Combine(_folder, "spool");

    /// <summary>What the bridge wrote about itself within the last second; null before its first.</summary>
    public JsonElement? BridgeStatus
    {
        get
        {
            var file = Path.Combine(_folder, "bridge/status.json");
            return File.Exists(file) ? JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file)) : null;
        }
    }

    /// <summary>The bridge's process number.</summary>
    public int BridgeProcess => _bridge!.Id;
    public bool BridgeRuns => _bridge!.IsRunning;
    public bool CentralRuns => _central!.IsRunning;
    private string CentralHome => Path.Combine(_folder, "central");
    private string BridgeFile => Path.Combine(_folder, "bridge.yaml");

    /// <summary>Starts everything and waits until central answers.</summary>
    /// <param name="nodes">Compute nodes.</param>
    /// <param name="cores">Cores each offers.</param>
    /// <param name="more">Further lines for bridge.yaml.</param>
    public static Task<Grid> Start(int nodes = 2, int cores = 2, string more = "") => Start(new GridSetup { Nodes = nodes, Cores = cores, More = more });

    /// <summary>The same for a grid that is not the ordinary one.</summary>
    public static async Task<Grid> Start(GridSetup setup)
    {
        var folder = Path.Combine(setup.Home ?? TestContext.CurrentContext.WorkDirectory, "grids", Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(Path.Combine(folder, "tmp"));
        var grid = new Grid(folder, setup);
        try
        {
            await grid.Prepare();
            await grid.StartCentral();
            grid.StartBridge();
            return grid;
        }
        catch
        {
            await grid.DisposeAsync();
            throw;
        }
    }

    public async Task StartCentral()
    {
        _central?.Dispose();
        _central = Daemon.Start("hpcgrid-central", Log("central"), ["run", "--home", CentralHome], _environment);
        await Eventually.True(() => File.Exists(Path.Combine(CentralHome, "central.url")) || !_central.IsRunning, StartBound, "central to listen");
        Assert.That(_central.IsRunning, "central ended at its start; see its log");
    }

    public void StartBridge()
    {
        _bridge?.Dispose();
        _bridge = Daemon.Start("hpcgrid-bridge", Log("bridge"), ["run", "--config", BridgeFile],
            new Dictionary<string, string>([.. _environment.Where(pair => !_setup.BridgeEnvironment.ContainsKey(pair.Key)), .. _setup.BridgeEnvironment]));
    }

    /// <summary>So many nodes from the bridge's next start on.</summary>
    public void WithNodes(int nodes) => File.WriteAllText(BridgeFile,
        System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(BridgeFile), "(?m)^  nodes: .*$", $"  nodes: {nodes}"));

    public void KillCentral() => _central!.KillNine();
    public void KillBridge() => _bridge!.KillNine();

    /// <summary>kill -9 of one agent, chosen by the caller's number; false when none runs.</summary>
    public bool KillAgent(int which)
    {
        var agents = Agents();
        if (agents.Count == 0) return false;
        Daemon.KillNine(agents[which % agents.Count].Process);
        return true;
    }

    /// <summary>Agents that live, with their nodes where a pilot has several.</summary>
    public IReadOnlyList<(string Node, int Process)> Agents()
    {
        if (!Directory.Exists(Path.Combine(_folder, "bridge/fork"))) return [];
        var living = Processes();
        // By the start records: a child that is about to become a payload still shows its agent's command line.
        return [.. from record in Directory.EnumerateFiles(Path.Combine(_folder, "bridge/fork"), "start", SearchOption.AllDirectories)
                   let id = int.Parse(File.ReadAllText(record).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)
                   where living.Any(process => process.Id == id && process.Command.Contains("hpcgrid-agent", StringComparison.Ordinal))
                   select (Path.GetFileName(Path.GetDirectoryName(record))!, id)];
    }

    /// <summary>The user's command line.</summary>
    public Task<Finished> Cli(params string[] arguments) => Daemon.Run("hpcgrid", arguments, _environment);

    /// <summary>A command that must succeed; its standard output.</summary>
    public async Task<string> Ok(params string[] arguments)
    {
        var finished = await Cli(arguments);
        Assert.That(finished.ExitCode, Is.Zero, $"hpcgrid {string.Join(' ', arguments)}\n{finished.Output}\n{finished.Error}");
        return finished.Output;
    }

    /// <summary>A connection as the test's user.</summary>
    public GridClient Connect(string user = "physicist") =>
        new(ClientFile.Read(Path.Combine(CentralHome, "users", user, "client.yaml")));

    /// <summary>Puts a file into the catalogue.</summary>
    public async Task Upload(string path, string text)
    {
        var local = Path.Combine(_folder, "tmp", Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(local, text);
        await Ok("cp", local, "grid:" + path);
        File.Delete(local);
    }

    /// <summary>The texts of files in the catalogue, in the order asked for, their checksums verified on the way.</summary>
    public async Task<IReadOnlyList<string>> Read(IEnumerable<string> paths)
    {
        await using var client = Connect();
        using var storage = new StorageClient(ClientFile.Read(Path.Combine(CentralHome, "users/physicist/client.yaml")));
        var texts = new List<string>();
        foreach (var path in paths)
        {
            var ticket = await client.Call(new OpenForReading(path), CancellationToken.None);
            using var bytes = new MemoryStream();
            var content = await storage.Get(ticket.Source.Replicas[0].Url, ticket.Token, bytes, CancellationToken.None);
            Assert.That(content, Is.EqualTo(ticket.Source.Archive ?? ticket.Source.Content), path);
            texts.Add(ticket.Source.Member is { } member ? Unzip(bytes, member) : System.Text.Encoding.UTF8.GetString(bytes.ToArray()));
        }
        return texts;
    }

    private static string Unzip(MemoryStream archive, string member)
    {
        using var zip = new System.IO.Compression.ZipArchive(archive);
        using var reader = new StreamReader(zip.GetEntry(member)!.Open());
        return reader.ReadToEnd();
    }

    /// <summary>Submits a JDL text; the job's number.</summary>
    public async Task<Submitted> Submit(string jdl)
    {
        await using var client = Connect();
        return await client.Call(new SubmitJob(jdl, [], Guid.NewGuid().ToString()), CancellationToken.None);
    }

    /// <summary>Waits until a job and all its subjobs are final.</summary>
    public async Task<JobProgress> UntilFinal(long job, TimeSpan bound)
    {
        await using var client = Connect();
        JobProgress? progress = null;
        await Eventually.True(async () =>
        {
            Assert.That(_bridge!.IsRunning && _central!.IsRunning, "a daemon has ended by itself; see its log");
            try { progress = await client.Call(new FollowJob(job), CancellationToken.None); }
            catch (GridError error) when (error.IsTransient) { return false; }
            return Core.Jobs.JobStates.TryParse(progress.State, out var state) && Core.Jobs.JobStates.IsFinal(state);
        }, bound, () => $"job {job} to end; {(progress is null ? "central never answered" : JsonSerializer.Serialize(progress.States))}");
        return progress!;
    }

    /// <summary>All subjobs of a master.</summary>
    public async Task<IReadOnlyList<JobLine>> Subjobs(long master)
    {
        await using var client = Connect();
        return (await client.Call(new ListJobs { Master = master, Limit = 10000 }, CancellationToken.None)).Jobs;
    }

    /// <summary>Asks the daemons to end, as an operator would, and waits for it.</summary>
    public async Task Stop()
    {
        await StopBridge();
        await StopCentral();
    }

    public Task StopBridge() => End(_bridge);

    public Task StopCentral() => End(_central);

    public async ValueTask DisposeAsync()
    {
        await Stop();
        await Eventually.True(() =>
        {
            var left = Processes();
            foreach (var process in left) Daemon.KillNine(process.Id);
            return left.Count == 0;
        }, StartBound, "the grid's last processes to end");
        if (_setup.Spool is { } spool && Directory.Exists(spool)) Directory.Delete(spool, recursive: true);
        _bridge?.Dispose();
        _central?.Dispose();
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            ShowLogs();
        if (_setup.Home is null || !_setup.Keep) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Processes of this grid that still run, payloads included.</summary>
    public IReadOnlyList<GridProcess> Processes() => GridProcess.Of(_folder);

    private async Task Prepare()
    {
        foreach (var arguments in new string[][]
        {
            ["init", "--home", CentralHome, "--listen", "127.0.0.1:0"],
            ["user", "add", "physicist", "--home", CentralHome],
            ["storage", "set", "HPCGRID::Central::Second", "--directory", "second", "--home", CentralHome],
            ["user", "add", "titan", "--role", "bridge", "--home", CentralHome],
        })
        {
            var finished = await Daemon.Run("hpcgrid-central", arguments, _environment);
            Assert.That(finished.ExitCode, Is.Zero, $"hpcgrid-central {string.Join(' ', arguments)}\n{finished.Output}\n{finished.Error}");
        }
        await File.WriteAllTextAsync(BridgeFile, $"""
            name: titan
            site: TITAN
            ce: HPCGRID::TITAN::FORK
            client: {CentralHome}/users/titan/client.yaml
            spool: {SpoolRoot}
            state: {_folder}/bridge
            stopPilots: true
            batch:
              system: {_setup.System}
              nodes: {_setup.Nodes}
              coresPerNode: {_setup.Cores}
              walltime: {_setup.Walltime}
              agent: {Path.Combine(AppContext.BaseDirectory, "hpcgrid-agent")}
              isolateNetwork: auto
              spool: "{_setup.NodeSpool}"
              templates: "{Templates()}"
            {_setup.More}
            """);
    }

    /// <summary>A batch system that gives agents the environment wanted; empty for the one there is.</summary>
    private string Templates()
    {
        if (_setup.AgentEnvironment.Count == 0) return _setup.Templates ?? "";
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "template")).FullName;
        var ordinary = Path.Combine(AppContext.BaseDirectory, "hpc-templates/fork");
        File.Copy(Path.Combine(ordinary, "launch.sh"), Path.Combine(folder, "launch.sh"));
        var words = string.Join(' ', _setup.AgentEnvironment.Select(pair => $"'{pair.Key}={pair.Value}'"));
        File.WriteAllText(Path.Combine(folder, "start.sh"),
            File.ReadAllText(Path.Combine(ordinary, "start.sh")).Replace("exec \"$@\"", $"exec env {words} \"$@\"", StringComparison.Ordinal));
        return folder;
    }

    private static async Task End(Daemon? daemon)
    {
        if (daemon is null) return;
        daemon.Terminate();
        using var bound = new CancellationTokenSource(StartBound);
        try { await daemon.WaitForExit(bound.Token); }
        catch (OperationCanceledException) { TestContext.Out.WriteLine($"process {daemon.Id} did not end in {StartBound}; killing it"); }
    }

    private void ShowLogs()
    {
        foreach (var log in Directory.EnumerateFiles(_folder, "*.log", SearchOption.AllDirectories))
            TestContext.Out.WriteLine($"---- end of {log}\n{string.Join('\n', File.ReadLines(log).TakeLast(25))}");
    }

    private string Log(string name) => Path.Combine(_folder, name + ".out.log");
}
