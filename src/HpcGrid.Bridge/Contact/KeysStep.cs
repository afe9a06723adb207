using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>Puts central's keys where agents find them: they verify every grant with these.</summary>
internal sealed class KeysStep(BridgeSpool spool, Welcome welcome) : BridgeStep
{
    private IReadOnlyList<string>? _published;
    private TimeSpan _notBefore;
    // A listing may lack the newest keys, and no name is written twice (I2).
    private long _sequence = spool.Epoch * Limits.NumbersPerEpoch;

    public override void Run(Tick tick)
    {
        if (welcome.Last is not { Keys: var wanted } || tick.Monotonic < _notBefore || (_published is not null && _published.SequenceEqual(wanted))) return;
        tick.AfterCommit(() =>
        {
            var there = spool.ReadKeys();
            if (there.Value?.Pems.SequenceEqual(wanted) == true) _published = wanted;
            else if (Publish(there, wanted) is var errno && errno == Errno.None) _published = wanted;
            else
            {
                _notBefore = tick.Monotonic + Limits.CentralPause;
                Log.Error("central's keys could not be published in the spool: {Errno}", errno.Describe());
            }
        });
    }

    /// <summary>With a sequence never used before: a failed one may have become visible.</summary>
    private Errno Publish(Latest<PublishedKeys> there, IReadOnlyList<string> wanted)
    {
        _sequence = Math.Max(_sequence, there.Sequence) + 1;
        return spool.PublishKeys(new PublishedKeys(_sequence, wanted, there.Value?.BanList));
    }
}
