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

    /// <summary>Sets our own bounds; false when the system does not let us.</summary>
    public static bool SetOwn(int resource, ulong soft, ulong hard)
    {
        var both = stackalloc ulong[2];
        (both[0], both[1]) = (soft, hard);
        return Libc.prlimit(0, resource, both, null) == 0;
    }
}
