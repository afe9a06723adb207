namespace HpcGrid.Agent.Processes;

/// <summary>Real processes: posix_spawn, wait4, signals and /proc. All but the starting belongs to who has the loop's turn.</summary>
internal sealed class NodePayloads : IPayloads
{
    private readonly Spawner _spawner = new();
    private readonly ProcessTree _tree = new(Environment.ProcessId);
    private readonly Orphans _orphans = new();
    private readonly OomWitness _witness = OomWitness.OfThisNode();
    private readonly PayloadThreads _threads;

    /// <param name="tell">Told of every start and every end, on a thread that may take its time.</param>
    /// <param name="post">Told of what could not be tried, within somebody's turn.</param>
    /// <param name="time">When.</param>
    public NodePayloads(Action<Notice> tell, Action<Notice> post, TimeProvider time) => _threads = new PayloadThreads(_spawner.Start, tell, post, time);

    public void Start(long number, SpawnOrder order) => _threads.Add(number, order);

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
