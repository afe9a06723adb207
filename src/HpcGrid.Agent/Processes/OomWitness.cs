using System.Buffers.Text;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Knows whether the kernel has killed a process for lack of memory since it was last asked, by a counter that only grows: that of the agent's own
/// cgroup where it can be read, otherwise the node's. It says that there was one, not whose: asked when a payload died of KILL that nobody here sent.
/// </summary>
internal sealed class OomWitness
{
    private readonly ProcFile _file = new();
    private readonly string _counter;
    private long _seen;

    /// <param name="counter">A file with a line "oom_kill N".</param>
    public OomWitness(string counter)
    {
        _counter = counter;
        _seen = Read();
    }

    public static OomWitness OfThisNode() => new(CgroupFile(File.Exists("/proc/self/cgroup") ? File.ReadAllLines("/proc/self/cgroup") : [], File.Exists));

    /// <summary>True when the counter has grown.</summary>
    public bool HasKilled()
    {
        var now = Read();
        var grown = now > _seen;
        _seen = now;
        return grown;
    }

    /// <summary>From the lines of /proc/self/cgroup ("0::/a/b" of version 2, "9:memory:/a/b" of version 1) to the nearest file that counts.</summary>
    internal static string CgroupFile(IEnumerable<string> lines, Predicate<string> exists)
    {
        foreach (var fields in lines.Select(line => line.Split(':', 3)).Where(fields => fields.Length == 3))
        {
            var path = fields[2].TrimEnd('/');
            var file = fields[1].Length == 0 ? $"/sys/fs/cgroup{path}/memory.events"
                : fields[1].Split(',').Contains("memory") ? $"/sys/fs/cgroup/memory{path}/memory.oom_control"
                : null;
            if (file is not null && exists(file)) return file;
        }
        return "/proc/vmstat";
    }

    private long Read()
    {
        var text = _file.Read(_counter);
        for (var at = 0; at >= 0 && !text.IsEmpty;)
        {
            if (text.StartsWith("oom_kill "u8)) return Utf8Parser.TryParse(text["oom_kill "u8.Length..], out long count, out _) ? count : 0;
            at = text.IndexOf((byte)'\n');
            text = text[(at + 1)..];
        }
        return 0;
    }
}
