namespace HpcGrid.Bridge;

/// <summary>
/// One turn of the bridge's clock. Steps look and decide inside one ledger transaction; what must reach the world afterwards
/// (a queue file, a message, a call) waits until the transaction is on disk. What a step keeps in memory about the ledger it changes
/// there too, so that a transaction which failed leaves memory and ledger in agreement.
/// </summary>
public sealed class Tick(DateTimeOffset now, TimeSpan monotonic)
{
    private readonly Queue<Action> _afterCommit = [];
    private bool _needsRule;

    /// <summary>Wall clock: for people, and for what crosses a restart.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>Time since the bridge started, from a clock that never jumps: for every age that decides something.</summary>
    public TimeSpan Monotonic { get; } = monotonic;

    /// <summary>When the next tick is due at the latest.</summary>
    public TimeSpan Delay { get; private set; } = Limits.IdleDelay;

    /// <summary>True when a step has something for the world.</summary>
    public bool HasActions => _afterCommit.Count > 0;

    /// <summary>Asks for the next tick in at most this time.</summary>
    public void ComeBackIn(TimeSpan delay)
    {
        if (delay < Delay) Delay = delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
    }

    /// <summary>Runs once the transaction is on disk, in order. Never runs when it failed.</summary>
    public void AfterCommit(Action action)
    {
        _needsRule = true;
        _afterCommit.Enqueue(action);
    }

    /// <summary>The same for what a bridge may do that another one has taken over from (E1): its own memory and disk, true words to central.</summary>
    public void AfterCommitInAnyCase(Action action) => _afterCommit.Enqueue(action);

    /// <summary>Something of it is for who rules the spool only.</summary>
    internal bool NeedsRule => _needsRule;

    /// <summary>The transaction is on disk: to the world. After trouble in the middle, called again, it goes on behind it.</summary>
    internal void Act()
    {
        while (_afterCommit.TryDequeue(out var action)) action();
    }
}

/// <summary>One concern of the bridge.</summary>
public abstract class BridgeStep
{
    /// <summary>Looks, decides, writes to the ledger; leaves what the world must see to <see cref="Tick.AfterCommit"/>.
    /// Throws GridError for operating trouble.</summary>
    public abstract void Run(Tick tick);

    /// <summary>A tick failed: forget what may not agree with the ledger any more; it is read again.</summary>
    public virtual void Forget()
    {
    }
}
