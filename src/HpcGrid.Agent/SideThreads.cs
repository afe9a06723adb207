using System.Collections.Concurrent;

namespace HpcGrid.Agent;

/// <summary>
/// A few threads for work that may take long, so that one job's gigabytes or a disk that hangs hold up nobody else. Started with the first piece
/// of work. The work reports its own trouble; what it throws is a bug and ends the agent.
/// </summary>
/// <param name="name">What they do, for people who look at the process.</param>
/// <param name="threads">How many.</param>
internal sealed class SideThreads(string name, int threads) : ISideWork, IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private int _started;

    public void Add(Action work)
    {
        _work.Add(work);
        if (_started == threads) return;
        _started++;
        new Thread(Run) { IsBackground = true, Name = $"{name} {_started}" }.Start();
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable()) work();
    }

    public void Dispose() => _work.CompleteAdding();
}
