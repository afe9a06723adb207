namespace HpcGrid.Agent.Processes;

/// <summary>
/// The processes of jobs on this node: the edge at which the agent leaves its own memory and files. Two implementations:
/// <see cref="NodePayloads"/> and the simulator's. Belongs to the loop's thread; what comes of a start is told in letters.
/// </summary>
internal interface IPayloads : IDisposable
{
    /// <summary>
    /// Has a program started, soon. Answered by <see cref="ProcessStarted"/> and, if that went well, later by <see cref="ProcessEnded"/>; both carry the number,
    /// which never comes again as that of a process may.
    /// </summary>
    void Start(long number, SpawnOrder order);

    /// <summary>Signals a payload with everything that belongs to it.</summary>
    void SignalAll(Kinship payload, int signal);

    /// <summary>Kills what an ended payload left behind. True when there was something: to be asked again, until there is nothing.</summary>
    bool KillLeft(Kinship payload);

    /// <summary>Kills whatever else descends from the agent, the guard (0 for none) aside.</summary>
    void KillStrays(int guard);

    /// <summary>True when the kernel has killed a process for lack of memory since this was last asked.</summary>
    bool RanOutOfMemory();
}
