using System.Collections.Concurrent;

namespace HpcGrid.Agent;

/// <summary>
/// A few threads for copying large files, so that one job's gigabytes do not hold up the others. Started with the first piece
/// of work. The work reports its own trouble; what it throws is a bug and ends the agent.
/// </summary>
internal sealed class CopyPool(int threads) : ICopies, IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private int _started;

    public void Add(Action work)
    {
        _work.Add(work);
        if (_started == threads) return;
        _started++;
        new Thread(Run) { IsBackground = true, Name = $"copy {_started}" }.Start();
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable()) work();
    }

    public void Dispose() => _work.CompleteAdding();
}
