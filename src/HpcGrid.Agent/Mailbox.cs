namespace HpcGrid.Agent;

/// <summary>One thread waits here for whatever the others have to tell, in the order in which they told it.</summary>
internal sealed class Mailbox<T>
{
    private readonly object _gate = new();
    private List<T> _letters = [];
    private bool _called;

    public void Post(T letter)
    {
        lock (_gate)
        {
            _letters.Add(letter);
            if (_letters.Count == 1) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends a wait, the present or the next one, though there is no letter.</summary>
    public void Call()
    {
        lock (_gate)
        {
            _called = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Waits for letters, at most so long (for ever with Timeout.InfiniteTimeSpan, which is negative), and takes all there are; exchanges
    /// the list for an empty one of the caller's.
    /// </summary>
    public List<T> TakeAll(List<T> empty, TimeSpan atMost)
    {
        lock (_gate)
        {
            if (_letters.Count == 0 && !_called && atMost != TimeSpan.Zero) Monitor.Wait(_gate, atMost);
            _called = false;
            var taken = _letters;
            _letters = empty;
            return taken;
        }
    }
}
