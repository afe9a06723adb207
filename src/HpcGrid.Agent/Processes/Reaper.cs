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

/// <summary>
/// One thread that blocks in wait4 for all children of the process, adopted ones included, and hands their ends over. What follows from an end is done on
/// this thread: waking another one for each would cost more.
/// Trap: it takes every child of the process; nothing else in this process may start children and wait for them.
/// </summary>
internal sealed class Reaper
{
    private readonly AutoResetEvent _childStarted = new(false);
    private readonly Action<ChildExit> _hand;
    private readonly TimeProvider _time;
    private static long _ownPeakKib;
    private bool _begun;
    private int _sleeps;

    public Reaper(Action<ChildExit> hand, TimeProvider time) => (_hand, _time) = (hand, time);

    /// <summary>To be called after every start: the first one begins it, and without children it sleeps.</summary>
    public void ChildStarted()
    {
        if (!_begun)
        {
            _begun = true;
            new Thread(Run, Limits.LoopStackBytes) { IsBackground = true, Name = "reaper" }.Start();
        }
        else if (Interlocked.Exchange(ref _sleeps, 0) == 1) _childStarted.Set();
    }

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

    private void Run()
    {
        while (true)
        {
            if (Wait(-1, _time) is { } exit) _hand(exit);
            else if (Interlocked.Exchange(ref _sleeps, 1) == 1) _childStarted.WaitOne();
        }
    }
}
