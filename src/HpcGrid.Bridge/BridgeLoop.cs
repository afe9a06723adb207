using HpcGrid.Bridge.Ledger;
using HpcGrid.Core;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>
/// The clock. One thread for ledger and spool: a tick looks at the world and decides inside one ledger transaction, then acts,
/// then says when it wants to come again. Background work rings the bell.
/// Operating trouble (disk full, spool away) is logged, waited out and tried again with memory read anew from the ledger; a bug ends the
/// process, whose next start recovers.
/// </summary>
/// <param name="ledger">The truth.</param>
/// <param name="posts">What background work brings.</param>
/// <param name="steps">In their order within a tick.</param>
/// <param name="mayAct">E1: asked before each batch of external actions; throws when another bridge has taken over.</param>
/// <param name="mend">Asked after each trouble: makes directories of the spool that are gone, or no tick would come as far as the step that does.</param>
/// <param name="time">The clocks.</param>
public sealed class BridgeLoop(LedgerDatabase ledger, Posts posts, IReadOnlyList<BridgeStep> steps, Action mayAct, Action mend, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private TimeSpan _pause = Limits.FirstPause;
    private TimeSpan _ruled = -Limits.RuleInterval;

    /// <summary>Its transaction is on disk, and part of what the world must see is not done yet. No other tick comes before that.</summary>
    private Tick? _unfinished;

    /// <summary>What stopped the last tick; null when all is well.</summary>
    public GridError? Trouble { get; private set; }

    /// <summary>Ticks made so far.</summary>
    public long Ticks { get; private set; }

    /// <summary>One tick; how long to wait for the next. Throws GridError(Conflict) when another bridge has taken over, and anything that is a bug.</summary>
    public TimeSpan RunOnce()
    {
        try
        {
            Finish();
            var tick = new Tick(time.GetUtcNow(), time.GetElapsedTime(_started));
            ledger.Transact(() =>
            {
                posts.Run(tick);
                foreach (var step in steps) step.Run(tick);
            });
            posts.Committed();
            _unfinished = tick;
            Finish();
            Recovered();
            Ticks++;
            return tick.Delay;
        }
        catch (GridError e) when (e.Code is not (ErrorCode.Conflict or ErrorCode.Internal))
        {
            return After(e);
        }
    }

    /// <summary>
    /// Steps wait for what they left to <see cref="Tick.AfterCommit"/>: dropped because the spool was away for a moment, it would stop them for ever.
    /// </summary>
    private void Finish()
    {
        if (_unfinished is { HasActions: true } tick)
        {
            // The listing is dear on a shared filesystem; most ticks only talk to central.
            if (tick.NeedsRule || tick.Monotonic - _ruled >= Limits.RuleInterval)
            {
                mayAct();
                _ruled = tick.Monotonic;
            }
            tick.Act();
        }
        _unfinished = null;
    }

    private void Recovered()
    {
        if (Trouble is not null) Log.Information("the bridge goes on");
        Trouble = null;
        _pause = Limits.FirstPause;
    }

    private TimeSpan After(GridError e)
    {
        if (Trouble?.Message != e.Message) Log.Error("{Message} {Hint}", e.Message, e.Hint ?? "");
        Trouble = e;
        foreach (var step in steps) step.Forget();
        mend();
        var pause = _pause;
        _pause = TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, Limits.LongestPause.Ticks));
        return pause;
    }
}
