using System.Buffers.Text;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Agent.Processes;

/// <summary>What the kernel's files say of control groups, and what is asked of them. Pure.</summary>
internal static class CgroupRules
{
    /// <summary>The folder of the version 2 group in which this process is; null where no such hierarchy is mounted.</summary>
    /// <param name="memberships">Lines of /proc/self/cgroup: "0::/a/b" of version 2, "9:memory:/a/b" of version 1.</param>
    /// <param name="mounts">Lines of /proc/self/mountinfo: number, parent, device, root, mount point, options, ..., "-", type, source, options.</param>
    public static string? FolderOf(IEnumerable<string> memberships, IEnumerable<string> mounts)
    {
        if (memberships.FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal)) is not { } own) return null;
        var path = own["0::".Length..];
        foreach (var fields in mounts.Select(line => line.Split(' ')))
        {
            var dash = Array.IndexOf(fields, "-");
            if (dash < 6 || dash + 1 >= fields.Length || fields[dash + 1] != "cgroup2") continue;
            // A container may see only a part of the hierarchy, and its own group may lie outside of that.
            var root = fields[3].TrimEnd('/');
            if (!(path + "/").StartsWith(root + "/", StringComparison.Ordinal)) continue;
            return (fields[4] + path[root.Length..]).TrimEnd('/');
        }
        return null;
    }

    /// <summary>Controllers that version 1 has on this node; version 2 lacks them.</summary>
    public static string VersionOne(IEnumerable<string> memberships) => string.Join(' ', memberships.Select(line => line.Split(':', 3))
        .Where(fields => fields is [_, { Length: > 0 } names, _] && !names.StartsWith("name=", StringComparison.Ordinal))
        .SelectMany(fields => fields[1].Split(',')).Order(StringComparer.Ordinal));

    /// <summary>
    /// What is written into a job's group before anything runs in it, as file and value. Never tighter than what the agent's own measurements allow: the
    /// kernel's memory counts the files a job reads, and gives them up first; its tasks are threads.
    /// </summary>
    public static IEnumerable<(string File, string Value)> Bounds(Resources need, JobLimits limits)
    {
        yield return ("memory.max", ((long)(need.MemoryMib * 1024 * 1024 * Limits.HardShare)).ToString(System.Globalization.CultureInfo.InvariantCulture));
        yield return ("memory.oom.group", "1");
        yield return ("pids.max", (limits.Processes * (long)Limits.ThreadsPerProcess).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>The number behind a word at the beginning of a line: "usage_usec 1234"; null when there is none.</summary>
    public static long? Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        while (!text.IsEmpty)
        {
            if (text.StartsWith(word) && text.Length > word.Length && text[word.Length] == ' ')
                return Utf8Parser.TryParse(text[(word.Length + 1)..], out long number, out _) ? number : null;
            var end = text.IndexOf((byte)'\n');
            text = end < 0 ? default : text[(end + 1)..];
        }
        return null;
    }

    /// <summary>The sum of all values of a key: "8:0 rbytes=1 wbytes=2 rios=3" and so on.</summary>
    public static long Sum(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        var sum = 0L;
        for (int at; (at = text.IndexOf(key)) >= 0;)
        {
            text = text[(at + key.Length)..];
            if (Utf8Parser.TryParse(text, out long number, out _)) sum += number;
        }
        return sum;
    }
}
