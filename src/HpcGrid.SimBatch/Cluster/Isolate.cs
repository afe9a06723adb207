using System.Diagnostics;
using HpcGrid.Core;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>The command in front of what runs on a compute node: a network namespace without interface, where the kernel allows one.</summary>
internal static class Isolate
{
    private static readonly string[][] Ways =
        [["unshare", "--net", "--"], ["unshare", "--user", "--map-current-user", "--net", "--"], ["unshare", "--user", "--map-root-user", "--net", "--"]];

    /// <summary>Throws GridError(Denied) when it is demanded and impossible.</summary>
    /// <param name="wanted">auto, yes or no.</param>
    public static (IReadOnlyList<string> Prefix, string Remark) Probe(string wanted)
    {
        if (wanted == "no") return ([], "compute nodes share this machine's network, as configured");
        // A user namespace changes who one is inside: only an ordinary user needs it.
        foreach (var way in Environment.IsPrivilegedProcess ? Ways : Ways[1..])
            if (Works(way)) return (way, $"each compute node runs its processes in network namespaces without interface ({string.Join(' ', way[..^1])})");
        return wanted == "auto" ? ([], "this kernel forbids network namespaces: compute nodes share this machine's network")
            : throw GridError.Denied("this kernel forbids network namespaces, and --isolate yes demands them",
                "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), run as root, or give --isolate auto.");
    }

    private static bool Works(string[] way)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(way[0], [.. way[1..], "true"]) { RedirectStandardError = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception) { return false; }
    }
}
