using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>Puts central's keys where agents find them: they verify every grant with these.</summary>
internal sealed class KeysStep(BridgeSpool spool, Welcome welcome) : BridgeStep
{
    private IReadOnlyList<string>? _published;
    private TimeSpan _notBefore;

    public override void Run(Tick tick)
    {
        if (welcome.Last is not { Keys: var wanted } || tick.Monotonic < _notBefore || (_published is not null && _published.SequenceEqual(wanted))) return;
        tick.AfterCommit(() =>
        {
            var there = spool.ReadKeys();
            if (there.Value?.Pems.SequenceEqual(wanted) == true) _published = wanted;
            else if (spool.PublishKeys(new PublishedKeys(there.Sequence + 1, wanted, there.Value?.BanList)) is var errno && errno == Errno.None)
                _published = wanted;
            else
            {
                _notBefore = tick.Monotonic + Limits.CentralPause;
                Log.Error("central's keys could not be published in the spool: {Errno}", errno.Describe());
            }
        });
    }
}
