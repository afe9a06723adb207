using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>
/// The outbox: events go to central in the ledger's order, one batch at a time, and are deleted when central has them.
/// A crash in between sends them again, which central recognises by their keys.
/// </summary>
internal sealed class ReportStep(LedgerDatabase ledger, ICentral central, Posts posts, JobEnding ending, CancellationToken stopping) : BridgeStep
{
    private bool _sending;
    private TimeSpan _notBefore;

    public override void Run(Tick tick)
    {
        if (_sending || !central.IsConnected || tick.Monotonic < _notBefore) return;
        var batch = ledger.Outbox.Take(Limits.EventsPerReport);
        if (batch.Count == 0) return;
        var last = batch[^1].Row;
        JobEvent[] events = [.. batch.Select(pending => pending.Event)];
        tick.AfterCommitInAnyCase(() =>
        {
            _sending = true;
            posts.Fetch(() => central.Call(new ReportEvents(events), stopping), (later, reply) => Reported(later, last, reply), Failed);
        });
    }

    private void Reported(Tick tick, long last, Reported reply)
    {
        ledger.Outbox.Remove(last);
        foreach (var id in reply.Fenced) ending.DropSilently(id);
        tick.AfterCommitInAnyCase(() => _sending = false);
        tick.ComeBackIn(TimeSpan.Zero);
    }

    private void Failed(Tick tick, GridError error)
    {
        // Anything but "away" would repeat for ever on the same events: it is a fault of one side, and people must see it.
        if (!error.IsTransient) Log.Error("central refuses events: {Message} {Hint}", error.Message, error.Hint ?? "");
        _sending = false;
        _notBefore = tick.Monotonic + Limits.CentralPause;
    }
}
