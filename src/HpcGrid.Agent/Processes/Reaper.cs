using System.Runtime.InteropServices;

namespace HpcGrid.Agent.Processes;

/// <summary>How a child ended.</summary>
/// <param name="ProcessId">Which one.</param>
/// <param name="ExitCode">0 to 255; null when a signal ended it.</param>
/// <param name="Signal">The signal; null when it exited.</param>
/// <param name="CpuSeconds">User and system time of it and of all descendants it waited for.</param>
/// <param name="MaxRssKib">Largest resident size of any one of them, KiB; 0 when it is not known.</param>
/// <param name="At">TimeProvider timestamp at which it was seen.</param>
internal sealed record ChildExit(int ProcessId, int? ExitCode, int? Signal, double CpuSeconds, long MaxRssKib, long At);

/// <summary>Waits for children: each payload's thread for its own (<see cref="PayloadThreads"/>), the first thread for adopted ones (<see cref="Orphans"/>).</summary>
internal static class Reaper
{
    private static long _ownPeakKib;

    /// <summary>Waits for one child, or for any with -1; null when there is none.</summary>
    public static unsafe ChildExit? Wait(int processId, TimeProvider time)
    {
        while (true)
        {
            int status;
            ResourceUse use;
            var ended = Libc.wait4(processId, &status, Libc.WaitAll, &use);
            if (ended > 0) return Read(ended, status, use, time.GetTimestamp());
            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.Interrupted: continue;
                case Libc.NoChild: return null;
                case var error: throw new InvalidOperationException($"wait4: {Libc.Say(error)}");
            }
        }
    }

    /// <summary>
    /// Takes what is dead of the children of the calling thread: on the process's first one these are adopted orphans and nothing else. How they ended is
    /// nobody's business.
    /// </summary>
    public static unsafe void TakeDead()
    {
        while (Libc.wait4(-1, null, Libc.WaitAll | Libc.WaitOwn | Libc.WaitNot, null) > 0) { }
    }

    /// <summary>Takes one child if it is dead, whichever thread's it is.</summary>
    public static unsafe void TakeDead(int processId) => _ = Libc.wait4(processId, null, Libc.WaitAll | Libc.WaitNot, null);

    private static ChildExit Read(int processId, int status, ResourceUse use, long at)
    {
        var signal = status & 0x7f;
        var memory = Measured(use.MaxRssKib);
        return signal == 0
            ? new ChildExit(processId, (status >> 8) & 0xff, null, use.CpuSeconds, memory, at)
            : new ChildExit(processId, null, signal, use.CpuSeconds, memory, at);
    }

    /// <summary>
    /// Trap: a child of posix_spawn shares our memory until its exec, and Linux counts our size as its own peak. A peak that is not
    /// larger than ours says nothing of the child.
    /// </summary>
    private static unsafe long Measured(long peakKib)
    {
        // Ours only grows.
        if (peakKib <= _ownPeakKib) return 0;
        ResourceUse ours;
        if (Libc.getrusage(Libc.Ourselves, &ours) == 0) _ownPeakKib = ours.MaxRssKib;
        return peakKib > _ownPeakKib ? peakKib : 0;
    }
}
