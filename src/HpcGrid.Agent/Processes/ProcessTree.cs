using System.Globalization;
using System.Text;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Finds and signals everything that belongs to a payload: its process group, its descendants, and those that left both by
/// setsid and double fork. The agent adopts orphans, so all of them descend from the agent; whose they are is told by the chain of
/// parents, the session, the brand they inherit, and HPCGRID_ATTEMPT in their environment. Reaped ones may be gone at any moment: that is no error.
/// </summary>
internal sealed class ProcessTree
{
    private readonly int _agent;
    private readonly ProcFile _file = new();

    public ProcessTree(int agent) => _agent = agent;

    /// <summary>The living processes of one payload.</summary>
    public List<ProcessEntry> Of(Kinship kin)
    {
        var all = ReadAll();
        var children = all.ToLookup(entry => entry.Parent);
        var members = kin.Group?.Members(_file);
        var found = new List<ProcessEntry>();
        var pending = new Stack<(ProcessEntry Entry, bool Belongs)>(children[_agent].Select(entry => (entry, false)));
        while (pending.TryPop(out var next))
        {
            var (entry, inherited) = next;
            var belongs = inherited || members?.Contains(entry.Id) == true || IsOf(entry, kin);
            if (belongs) found.Add(entry);
            foreach (var child in children[entry.Id]) pending.Push((child, belongs));
        }
        return found;
    }

    private bool IsOf(ProcessEntry entry, Kinship kin) =>
        entry.Id == kin.Process || entry.Session == kin.Process || entry.Group == kin.Process
            || (kin.Brand is { } brand && Brand.Of(entry.Id) is { } found ? brand == found : Carries(entry.Id, kin.Mark));

    /// <summary>Everything that descends from the agent, except the processes named.</summary>
    public List<int> All(IReadOnlyCollection<int> except)
    {
        var children = ReadAll().ToLookup(entry => entry.Parent);
        var found = new List<int>();
        var pending = new Stack<ProcessEntry>(children[_agent]);
        while (pending.TryPop(out var entry))
        {
            if (except.Contains(entry.Id)) continue;
            found.Add(entry.Id);
            foreach (var child in children[entry.Id]) pending.Push(child);
        }
        return found;
    }

    /// <summary>Signals a payload's process group, at one stroke as long as its leader is there, and all else that belongs to it.</summary>
    public void SignalAll(Kinship kin, int signal)
    {
        if (signal == Libc.Kill) kin.Group?.Kill();
        var all = Of(kin);
        if (all.Exists(entry => entry.Group == kin.Process)) _ = Libc.kill(-kin.Process, signal);
        Signal(all.Where(entry => entry.Group != kin.Process).Select(entry => entry.Id), signal);
    }

    /// <summary>Signals each; those that are gone are passed over.</summary>
    public static void Signal(IEnumerable<int> processes, int signal)
    {
        foreach (var process in processes) _ = Libc.kill(process, signal);
    }

    /// <summary>Processes anywhere on the node that descend from payloads of an agent, by brand or environment: how leftovers of a dead one are found.</summary>
    public static List<int> OfAgent(string agent)
    {
        var tree = new ProcessTree(0);
        return [.. tree.ReadAll().Select(entry => entry.Id).Where(id => Brand.IsOfAgent(id, agent) || tree.Carries(id, $"{Guard.Variable}={agent}"))];
    }

    /// <summary>All living processes of the node, in one pass; zombies are not alive.</summary>
    public List<ProcessEntry> ReadAll()
    {
        var all = new List<ProcessEntry>(256);
        foreach (var path in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Read(id) is { } entry)
                all.Add(entry);
        return all;
    }

    private ProcessEntry? Read(int id) => ProcessEntry.Parse(id, _file.Read(id, "stat"));

    /// <summary>True when the process was started with this in its environment, or a child of one that was.</summary>
    public bool Carries(int id, string mark)
    {
        var rest = _file.Read(id, "environ");
        var wanted = Encoding.UTF8.GetBytes(mark);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            if (rest[..(end < 0 ? rest.Length : end)].SequenceEqual(wanted)) return true;
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        return false;
    }
}
