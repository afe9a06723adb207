namespace HpcGrid.Core.Jobs;

/// <summary>Why a payload ended when it did. The numbers are stored: fixed for ever.</summary>
public enum PayloadCause
{
    /// <summary>By itself, with an exit code.</summary>
    Exited = 0,
    /// <summary>By a signal that nobody here sent: a crash, an abort.</summary>
    Signalled = 1,
    /// <summary>The kernel killed it because the node, or its part of it, ran out of memory.</summary>
    OutOfMemory = 2,
    /// <summary>It ran longer than its TTL.</summary>
    TimeLimit = 3,
    /// <summary>It used more memory than it asked for.</summary>
    MemoryLimit = 4,
    /// <summary>Its sandbox grew larger than it asked for.</summary>
    DiskLimit = 5,
    /// <summary>Its standard output and error grew too large.</summary>
    OutputLimit = 6,
    /// <summary>It had too many processes.</summary>
    ProcessLimit = 7,
    /// <summary>It used no CPU for too long.</summary>
    IdleLimit = 8,
    /// <summary>The batch job of its node ended.</summary>
    Walltime = 9,
    /// <summary>Its owner, or central, wanted it to end.</summary>
    Killed = 10,
}
