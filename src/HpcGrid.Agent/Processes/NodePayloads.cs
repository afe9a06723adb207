namespace HpcGrid.Agent.Processes;

/// <summary>
/// Real processes: posix_spawn, wait4, signals and /proc. Belongs to the loop's thread, which must not be the process's first one
/// (<see cref="Orphans"/>).
/// </summary>
internal sealed class NodePayloads : IPayloads
{
    private readonly Spawner _spawner = new();
    private readonly ProcessTree _tree = new(Environment.ProcessId);
    private readonly Orphans _orphans = new();
    private readonly OomWitness _witness = OomWitness.OfThisNode();
    private readonly Reaper _reaper;

    /// <param name="ended">Told of every child that ends, on the reaper's thread; not before the first start.</param>
    /// <param name="time">When.</param>
    public NodePayloads(Action<ChildExit> ended, TimeProvider time) => _reaper = new Reaper(ended, time);

    public SpawnResult Start(SpawnOrder order)
    {
        var started = _spawner.Start(order);
        if (started.Started) _reaper.ChildStarted();
        return started;
    }

    public void SignalAll(Kinship payload, int signal) => _tree.SignalAll(payload, signal);

    public bool KillLeft(Kinship payload)
    {
        if (!_orphans.MayExist || _tree.Of(payload) is not { Count: > 0 } left) return false;
        ProcessTree.Signal(left.Select(entry => entry.Id), Libc.Kill);
        return true;
    }

    public void KillStrays(int guard)
    {
        if (_orphans.MayExist) ProcessTree.Signal(_tree.All([guard]), Libc.Kill);
    }

    public bool RanOutOfMemory() => _witness.HasKilled();

    public void Dispose()
    {
        _spawner.Dispose();
        _orphans.Dispose();
    }
}
