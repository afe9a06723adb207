using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Pilots;

/// <summary>What the fork system needs to start an agent.</summary>
/// <param name="StateDirectory">One directory per pilot below it, with one per node when it has several: start record, log, sandboxes.</param>
/// <param name="StartScript">hpc-templates/fork/start.sh.</param>
/// <param name="Agent">Path of hpcgrid-agent.</param>
/// <param name="Nodes">How many nodes are simulated; they are called node1 to nodeN.</param>
/// <param name="AgentArguments">What follows the arguments that name node, batch id, pilot and cores.</param>
/// <param name="Isolation">How the network is taken from it.</param>
public sealed record ForkSetup(
    string StateDirectory, string StartScript, string Agent, int Nodes, IReadOnlyList<string> AgentArguments, NetworkIsolation Isolation);

/// <summary>
/// A batch system made of this machine's own processes: each pilot is one agent on each of its simulated nodes.
/// Promise: an agent outlives the bridge (own session, own log) and is found again by its start record, which the agent's own
/// process wrote before it became the agent; the record holds the kernel's start time, so that a reused process number is never
/// mistaken. Ended means that no process of the pilot is left: what an agent leaves behind when it dies is killed first, as
/// batch systems do. A crash between the tag and the record leaves an empty directory, which is Ended.
/// </summary>
public sealed class ForkBatchSystem(ForkSetup setup, TimeProvider time) : IBatchSystem
{
    private const string RequestFile = "request.json", StartFile = "start", EndFile = "ended";
    private readonly HashSet<string> _ended = [];

    public string Name => "fork";
    public bool IsDefinite => true;

    public async Task<string> Submit(PilotRequest request, CancellationToken ct)
    {
        var directory = DirectoryOf(request.Tag);
        if (Directory.Exists(directory) && ReadRequest(directory) is not null) return request.Tag;
        var nodes = FreeNodes(request.Nodes);
        var pilot = new ForkPilot(nodes[0], time.GetUtcNow()) { More = [.. nodes.Skip(1)] };
        foreach (var place in pilot.Places(directory)) Directory.CreateDirectory(Path.Combine(place.Directory, "work"));
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await WriteAtomically(Path.Combine(directory, RequestFile), pilot);
        foreach (var place in pilot.Places(directory)) Start(request, place);
        // The record is the process's own first act; without it nothing was started.
        foreach (var place in pilot.Places(directory))
            for (var tries = 0; !File.Exists(Path.Combine(place.Directory, StartFile)); tries++)
            {
                if (tries == 500)
                    throw GridError.Unavailable($"pilot {request.Tag} did not start within 5 s", $"Look at {Path.Combine(place.Directory, "log")}.");
                await Task.Delay(TimeSpan.FromMilliseconds(10), ct);
            }
        return request.Tag;
    }

    public Task<IReadOnlyList<BatchStatus>> Status(IReadOnlyList<string> tags, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<BatchStatus>>([.. tags.Select(StatusOf)]);

    public Task Cancel(IReadOnlyList<string> tags, CancellationToken ct)
    {
        foreach (var tag in tags) KillAll(tag);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<BackfillHole>> Holes(CancellationToken ct) => Task.FromResult<IReadOnlyList<BackfillHole>>([]);

    public string LogOf(string tag) => Path.Combine(DirectoryOf(tag), "log");

    public Task Forget(IReadOnlyList<string> tags, CancellationToken ct)
    {
        foreach (var tag in tags.Where(tag => StatusOf(tag).State == BatchState.Ended && Directory.Exists(DirectoryOf(tag))))
        {
            Directory.Delete(DirectoryOf(tag), recursive: true);
            _ended.Remove(tag);
        }
        return Task.CompletedTask;
    }

    private BatchStatus StatusOf(string tag)
    {
        var directory = DirectoryOf(tag);
        if (_ended.Contains(tag) || File.Exists(Path.Combine(directory, EndFile))) return new BatchStatus(tag, tag, BatchState.Ended, "its agent has ended");
        if (ReadRequest(directory) is not { } pilot) return new BatchStatus(tag, tag, BatchState.Ended, "it was never started");
        var places = pilot.Places(directory).ToList();
        var dead = places.Where(place => LivingRoot(place.Directory) == 0).ToList();
        if (dead.Count < places.Count)
            return new BatchStatus(tag, tag, BatchState.Running, $"{places.Count - dead.Count} of {places.Count} agents live")
            {
                EndedNodes = EndedOf(dead, tag),
            };
        // A start record may be a moment away when a bridge died just after the fork.
        if (places.Exists(place => ReadStart(place.Directory) is null) && IsNew(pilot))
            return new BatchStatus(tag, tag, BatchState.Queued, $"starting as {pilot.Node}");
        if (KillAll(tag)) return new BatchStatus(tag, tag, BatchState.Running, "its agent is gone, its last processes are being ended");
        _ended.Add(tag);
        File.WriteAllText(Path.Combine(directory, EndFile), "");
        foreach (var place in places) DeleteWork(place.Directory);
        return new BatchStatus(tag, tag, BatchState.Ended, "its agent has ended");
    }

    private bool IsNew(ForkPilot pilot) => time.GetUtcNow() - pilot.SubmittedAt < TimeSpan.FromSeconds(5);

    /// <summary>Nodes of a living pilot whose agent was started and is dead, with nothing of it left; what is left is killed.</summary>
    private static List<string> EndedOf(List<ForkPlace> dead, string tag)
    {
        var ended = new List<string>();
        foreach (var place in dead.Where(place => ReadStart(place.Directory) is not null))
        {
            var processes = ProcessTree.FindOnNode(tag, place.Node, Path.Combine(place.Directory, "work"));
            ProcessTree.Kill(processes);
            if (processes.Count == 0) ended.Add(place.Node);
        }
        return ended;
    }

    /// <summary>True when there was something to kill.</summary>
    private bool KillAll(string tag)
    {
        var directory = DirectoryOf(tag);
        var places = (ReadRequest(directory) ?? new ForkPilot("", default)).Places(directory);
        var processes = places.SelectMany(place => ProcessTree.Find(tag, LivingRoot(place.Directory), Path.Combine(place.Directory, "work"))).ToHashSet();
        ProcessTree.Kill(processes);
        return processes.Count > 0;
    }

    private void Start(PilotRequest request, ForkPlace place)
    {
        var (node, directory) = place;
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, WorkingDirectory = "/" };
        string[] agent =
        [
            setup.Agent, "--node", node, "--cores", request.Cores.ToString(CultureInfo.InvariantCulture),
            "--batch-id", request.Tag, "--pilot", request.Tag,
            "--deadline", request.Deadline.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            "--work", Path.Combine(directory, "work"), "--use", Path.Combine(directory, "use.json"), .. setup.AgentArguments,
        ];
        foreach (var word in (string[])["/bin/sh", setup.StartScript, directory, .. setup.Isolation.Prefix, .. agent]) start.ArgumentList.Add(word);
        start.Environment["HPCGRID_PILOT"] = request.Tag;
        start.Environment["HPCGRID_NODE"] = node;
        try
        {
            using var process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw GridError.Unavailable($"an agent could not be started: {e.Message}", "setsid (util-linux) and /bin/sh must be installed.", e);
        }
    }

    /// <summary>The agent's process number when it lives and is the very process that wrote the record; otherwise 0.</summary>
    private static int LivingRoot(string directory) =>
        ReadStart(directory) is { } start && ProcessTree.StartTime(start.ProcessId) == start.StartTime ? start.ProcessId : 0;

    private static (int ProcessId, long StartTime)? ReadStart(string directory)
    {
        var path = Path.Combine(directory, StartFile);
        if (!File.Exists(path)) return null;
        var text = File.ReadAllText(path);
        var close = text.LastIndexOf(')');
        var fields = close < 0 ? [] : text[(close + 2)..].Split(' ');
        return fields.Length > 19
            && int.TryParse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture, out var id)
            && long.TryParse(fields[19], CultureInfo.InvariantCulture, out var start)
            ? (id, start)
            : null;
    }

    private List<string> FreeNodes(int number)
    {
        var taken = Directory.Exists(setup.StateDirectory)
            ? Directory.EnumerateDirectories(setup.StateDirectory)
                .Where(directory => !File.Exists(Path.Combine(directory, EndFile)))
                .Select(ReadRequest).OfType<ForkPilot>().SelectMany(pilot => pilot.Nodes).ToHashSet()
            : [];
        var free = Enumerable.Range(1, setup.Nodes).Select(index => $"node{index}").Where(node => !taken.Contains(node)).Take(number).ToList();
        return free.Count == number ? free
            : throw GridError.Unavailable($"{free.Count} of {setup.Nodes} nodes are free, {number} are wanted", "A pilot must end before the next can start.");
    }

    private static ForkPilot? ReadRequest(string directory)
    {
        var path = Path.Combine(directory, RequestFile);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ForkJson.Default.ForkPilot) : null;
    }

    private static async Task WriteAtomically(string path, ForkPilot pilot)
    {
        await File.WriteAllBytesAsync(path + ".new", JsonSerializer.SerializeToUtf8Bytes(pilot, ForkJson.Default.ForkPilot));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void DeleteWork(string directory)
    {
        var work = Path.Combine(directory, "work");
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
    }

    private string DirectoryOf(string tag) => Path.Combine(setup.StateDirectory, tag);
}

/// <summary>One node of a pilot, and where its agent's files are.</summary>
internal sealed record ForkPlace(string Node, string Directory);

/// <summary>What is written down of a pilot before its processes exist.</summary>
/// <param name="Node">Its first node.</param>
internal sealed record ForkPilot(string Node, DateTimeOffset SubmittedAt)
{
    /// <summary>Its other nodes.</summary>
    public IReadOnlyList<string> More { get; init => field = value ?? []; } = [];

    [JsonIgnore] public IEnumerable<string> Nodes => More.Prepend(Node);

    /// <summary>A pilot of one node has no directories below its own.</summary>
    public IEnumerable<ForkPlace> Places(string directory) =>
        More.Count == 0 ? [new ForkPlace(Node, directory)] : Nodes.Select(node => new ForkPlace(node, Path.Combine(directory, node)));
}

[JsonSerializable(typeof(ForkPilot))]
internal sealed partial class ForkJson : JsonSerializerContext;
