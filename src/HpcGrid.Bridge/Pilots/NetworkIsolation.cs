using HpcGrid.Core;
using Medallion.Shell;

namespace HpcGrid.Bridge.Pilots;

/// <summary>Whether simulated nodes are cut off from the network.</summary>
public enum Isolate
{
    /// <summary>When the kernel allows it.</summary>
    Auto,
    /// <summary>Or do not start.</summary>
    Yes,
    /// <summary>Agents share this machine's network.</summary>
    No,
}

/// <summary>The command in front of an agent's that takes the network away from it.</summary>
/// <param name="Prefix">Empty when agents keep the network.</param>
/// <param name="Remark">What people should know of it.</param>
public sealed record NetworkIsolation(IReadOnlyList<string> Prefix, string Remark)
{
    private static readonly string[][] Ways =
    [
        ["unshare", "--net", "--"],
        ["unshare", "--user", "--map-current-user", "--net", "--"],
        ["unshare", "--user", "--map-root-user", "--net", "--"],
    ];

    /// <summary>Tries once what this kernel and account allow. Throws GridError(Denied) when isolation is demanded and impossible.</summary>
    public static NetworkIsolation Probe(Isolate wanted)
    {
        if (wanted == Isolate.No) return new NetworkIsolation([], "agents share this machine's network, as configured");
        // A user namespace changes who one is inside: only an ordinary user needs it.
        foreach (var way in Environment.IsPrivilegedProcess ? Ways : Ways[1..])
            if (Works(way)) return new NetworkIsolation(way, $"each agent runs in a network namespace of its own ({string.Join(' ', way[..^1])})");
        return wanted == Isolate.Auto
            ? new NetworkIsolation([],
                "this kernel forbids network namespaces (unshare failed as root and through a user namespace): agents share this machine's network")
            : throw GridError.Denied("this kernel forbids network namespaces, and the configuration demands them (batch.isolateNetwork: yes)",
                "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), run as root, or set isolateNetwork: auto.");
    }

    private static bool Works(string[] way)
    {
        try
        {
            using var command = Command.Run(way[0], [.. way[1..], "true"], options => options.Timeout(TimeSpan.FromSeconds(10)));
            return command.Result.Success;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or ErrorExitCodeException or AggregateException or TimeoutException)
        {
            return false;
        }
    }
}
