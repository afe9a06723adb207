using System.Globalization;

namespace HpcGrid.Agent.Processes;

/// <summary>What the agent does to its own process before it starts payloads.</summary>
internal static class ProcessSetup
{
    /// <summary>
    /// Marks every inherited descriptor close-on-exec, so that no payload holds what the batch system left open, and adopts
    /// orphans: whatever a payload leaves behind becomes a child of the agent and can be found and reaped.
    /// </summary>
    public static void Prepare()
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var descriptor) && descriptor > 2)
                _ = Libc.fcntl(descriptor, Libc.SetDescriptorFlags, Libc.DescriptorCloseOnExec);
        _ = Libc.prctl(Libc.BecomeSubreaper, 1, 0, 0, 0);
        // Each payload has a thread, and glibc an arena for each of many threads, which keeps what it had: 140 MB with 64 slots, where this leaves 30.
        Libc.TuneMalloc(Libc.ArenasAtMost, 1);
        Libc.TuneMalloc(Libc.TrimThreshold, Limits.FreeMallocBytes);
    }

    /// <summary>
    /// The network of this node as AgentCard says it: "none" when there is nothing but a loopback interface that is down,
    /// otherwise the interfaces' names. Read from /proc/net/dev and /proc/net/fib_trie: asking in any other way takes a socket.
    /// </summary>
    public static string Network()
    {
        const string devices = "/proc/net/dev";
        if (!File.Exists(devices)) return "unknown";
        var names = File.ReadLines(devices).Skip(2).Select(line => line.Split(':')[0].Trim()).Where(name => name.Length > 0).ToList();
        return names.All(name => name == "lo") && !HasAddress() ? "none" : string.Join(',', names);
    }

    private static bool HasAddress()
    {
        // A loopback that is up has a local route; one that is down has none.
        const string routes = "/proc/net/fib_trie";
        const string addresses = "/proc/net/if_inet6";
        return (File.Exists(routes) && File.ReadLines(routes).Any(line => line.Contains("127.0.0.1", StringComparison.Ordinal)))
            || (File.Exists(addresses) && File.ReadLines(addresses).Any());
    }
}
