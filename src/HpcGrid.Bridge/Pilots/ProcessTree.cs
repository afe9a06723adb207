using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace HpcGrid.Bridge.Pilots;

/// <summary>
/// The processes of one pilot, found in /proc by what a payload cannot easily lose: the tag in the environment it was started
/// with, its parents, and its working directory. A process in a session of its own is found like any other.
/// </summary>
internal static partial class ProcessTree
{
    private const int KillSignal = 9;

    /// <summary>The start time of a living process, in clock ticks since boot; null when there is none of that number or it is a zombie.</summary>
    public static long? StartTime(int processId) => ReadStat(processId) is { State: not ('Z' or 'X') } stat ? stat.StartTime : null;

    /// <summary>Living processes of a pilot.</summary>
    /// <param name="tag">HPCGRID_PILOT of its processes.</param>
    /// <param name="root">Its first process, when that one is known to live; 0 otherwise.</param>
    /// <param name="workDirectory">A process that stands below it is the pilot's.</param>
    public static IReadOnlyList<int> Find(string tag, int root, string workDirectory) =>
        // Agents give their payloads their own name, which begins with the batch id: for fork, the tag.
        Find(id => id == root || Carries(id, $"HPCGRID_PILOT={tag}\0") || Carries(id, $"HPCGRID_AGENT={tag}."), workDirectory);

    /// <summary>Living processes of a dead agent, known by the beginning of its name.</summary>
    public static IReadOnlyList<int> FindOnNode(string tag, string node, string workDirectory) =>
        Find(id => Carries(id, $"HPCGRID_AGENT={tag}.{node}."), workDirectory);

    private static IReadOnlyList<int> Find(Func<int, bool> isOurs, string workDirectory)
    {
        var stats = new Dictionary<int, Stat>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId && ReadStat(id) is { } stat && stat.State is not ('Z' or 'X'))
                stats[id] = stat;
        var ours = new HashSet<int>(stats.Keys.Where(id => isOurs(id) || StandsBelow(id, workDirectory)));
        var children = stats.ToLookup(pair => pair.Value.Parent, pair => pair.Key);
        var pending = new Queue<int>(ours);
        while (pending.TryDequeue(out var parent))
            foreach (var child in children[parent])
                if (ours.Add(child)) pending.Enqueue(child);
        return [.. ours.Order()];
    }

    /// <summary>SIGKILL; a process that has gone meanwhile is what was wanted.</summary>
    public static void Kill(IEnumerable<int> processes)
    {
        foreach (var id in processes) _ = SendSignal(id, KillSignal);
    }

    private static bool Carries(int id, string entry) => Contains(ReadProc(id, "environ"), Encoding.UTF8.GetBytes(entry));

    /// <summary>Only at the beginning of an entry, so that a value which quotes the tag does not count.</summary>
    private static bool Contains(byte[] environment, byte[] entry)
    {
        for (var from = 0; from < environment.Length;)
        {
            var at = environment.AsSpan(from).IndexOf(entry);
            if (at < 0) return false;
            if (from + at == 0 || environment[from + at - 1] == 0) return true;
            from += at + 1;
        }
        return false;
    }

    private static bool StandsBelow(int id, string directory)
    {
        try { return new FileInfo($"/proc/{id}/cwd").LinkTarget is { } target
                && (target == directory || target.StartsWith(directory + "/", StringComparison.Ordinal)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    private static Stat? ReadStat(int id)
    {
        // "pid (name with ) and blanks) S ppid …": fields count from the last ')'. Field 22 is the start time.
        var text = Encoding.UTF8.GetString(ReadProc(id, "stat"));
        var close = text.LastIndexOf(')');
        if (close < 0) return null;
        var fields = text[(close + 2)..].Split(' ');
        return fields.Length > 19
            && int.TryParse(fields[1], CultureInfo.InvariantCulture, out var parent)
            && long.TryParse(fields[19], CultureInfo.InvariantCulture, out var start)
            ? new Stat(fields[0][0], parent, start)
            : null;
    }

    private static byte[] ReadProc(int id, string name)
    {
        try { return File.ReadAllBytes($"/proc/{id}/{name}"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }

    private sealed record Stat(char State, int Parent, long StartTime);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
