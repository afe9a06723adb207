using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>
/// The processes of a job, found in /proc: by a mark in the environment they were started with, by their parents, and by standing in the job's folder on
/// a node, for those that were given another environment.
/// </summary>
internal static partial class Processes
{
    public const string Mark = "SIMBATCH_PLACE";

    /// <summary>The program that launchers are: what it starts gets the signals, it passes on what it is sent itself.</summary>
    public static readonly string OwnName = "hpcgrid-simbatch"[..15];

    public static string MarkOf(ClusterSetup setup, Job job, string node) => $"{setup.FolderOf(job.Id)}@{node}";

    /// <summary>When a living process started; null when there is none of that number, or only its corpse.</summary>
    public static long? StartTime(int process) => ReadStat(process) is { State: not ('Z' or 'X') } stat ? stat.Started : null;

    /// <summary>Living processes of a job, on one node or on all.</summary>
    public static IReadOnlyList<int> Of(ClusterSetup setup, Job job, string? node = null)
    {
        var mark = Encoding.UTF8.GetBytes($"\0{Mark}={setup.FolderOf(job.Id)}@{(node is null ? "" : node + "\0")}");
        var folders = setup.NodeNames.Append(ClusterSetup.ServiceNodeName).Where(name => node is null || name == node)
            .Select(name => setup.TemporaryOf(job.Id, name)).ToHashSet();
        var all = All();
        var found = new HashSet<int>(all.Keys.Where(id => Carries(id, mark) || StandsIn(id, folders)));
        var children = all.ToLookup(pair => pair.Value.Parent, pair => pair.Key);
        var pending = new Queue<int>(found);
        while (pending.TryDequeue(out var parent))
            foreach (var child in children[parent])
                // A task on another node has a mark of its own, and may be a child of the script.
                if (!found.Contains(child) && (node is null || !Carries(child, Encoding.UTF8.GetBytes($"\0{Mark}=")))
                    && found.Add(child)) pending.Enqueue(child);
        return [.. found.Where(id => id != Environment.ProcessId).Order()];
    }

    public static IReadOnlyList<int> ChildrenOf(int process) => [.. All().Where(pair => pair.Value.Parent == process).Select(pair => pair.Key)];

    /// <summary>One that has gone meanwhile needs no signal.</summary>
    public static void Signal(IEnumerable<int> processes, int signal)
    {
        foreach (var id in processes)
            if (signal == Signals.Kill || ReadStat(id)?.Name != OwnName) _ = kill(id, signal);
    }

    private static Dictionary<int, Stat> All()
    {
        var all = new Dictionary<int, Stat>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && ReadStat(id) is { State: not ('Z' or 'X') } stat)
                all[id] = stat;
        return all;
    }

    private static bool Carries(int process, byte[] mark)
    {
        var environment = Read(process, "environ");
        return environment.AsSpan().IndexOf(mark) >= 0 || environment.AsSpan().StartsWith(mark.AsSpan(1));
    }

    private static bool StandsIn(int process, HashSet<string> folders)
    {
        try
        {
            return new FileInfo($"/proc/{process}/cwd").LinkTarget is { } target
                && folders.Any(folder => target == folder || target.StartsWith(folder + "/", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    private static Stat? ReadStat(int process)
    {
        // "pid (name with ) and blanks) S ppid …": fields count from the last ')'. Field 22 is the start time.
        var text = Encoding.UTF8.GetString(Read(process, "stat"));
        var (open, close) = (text.IndexOf('('), text.LastIndexOf(')'));
        if (close < 0) return null;
        var fields = text[(close + 2)..].Split(' ');
        return new Stat(text[(open + 1)..close], fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture),
            long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    private static byte[] Read(int process, string name)
    {
        try { return File.ReadAllBytes($"/proc/{process}/{name}"); }
        // It ended between the listing and the reading, or it is another user's.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }

    private sealed record Stat(string Name, char State, int Parent, long Started);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
