namespace HpcGrid.Agent.Processes;

/// <summary>
/// Resource limits of processes. Of those a job could have, only the size of core files is set: RLIMIT_NPROC counts all processes of an account on the
/// node, so that one job would pay for another; RLIMIT_FSIZE counts holes and files outside the sandbox, which a job's disk limit does not;
/// RLIMIT_AS counts what is mapped and never touched.
/// </summary>
internal static unsafe class ResourceLimits
{
    /// <summary>RLIM_INFINITY.</summary>
    public const ulong Unlimited = ulong.MaxValue;

    /// <summary>RLIMIT_CORE, in bytes, and RLIMIT_RTTIME, in microseconds.</summary>
    public const int CoreFile = 4, RealTime = 15;

    /// <summary>A process's bounds, our own for 0; null when it is gone or another account's.</summary>
    public static (ulong Soft, ulong Hard)? Of(int process, int resource)
    {
        var both = stackalloc ulong[2];
        return Libc.prlimit(process, resource, null, both) == 0 ? (both[0], both[1]) : null;
    }

    /// <summary>Sets our own soft bound, which children inherit, but not above the hard one.</summary>
    public static void SetOwn(int resource, ulong soft)
    {
        if (Of(0, resource) is not (var before, var hard)) return;
        var both = stackalloc ulong[2];
        (both[0], both[1]) = (Math.Min(soft, hard), hard);
        if (both[0] != before) _ = Libc.prlimit(0, resource, both, null);
    }
}
