using System.Text.Json;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Bridge.Staging;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>
/// Takes work. The request's id is in the ledger before central is asked, and the request is repeated, after a crash too, until one
/// transaction stores all its jobs and closes it: no assignment is ever only in memory (W27).
/// </summary>
internal sealed class MatchStep(LedgerDatabase ledger, ICentral central, Posts posts, Appetite appetite, Demand demand, CancellationToken stopping) : BridgeStep
{
    /// <summary>As in the bridge's hello.</summary>
    public required SpoolEpoch Ruling { get; init; }

    /// <summary>Knows which inputs are here.</summary>
    public required StageInStep StageIn { get; init; }

    private bool _sending;
    private TimeSpan _notBefore;
    private TimeSpan _emptyPause;

    public override void Run(Tick tick)
    {
        if (_sending || !central.IsConnected || tick.Monotonic < _notBefore) return;
        if ((ledger.Matches.Pending() ?? Open(tick)) is not { } match) return;
        var siteMap = JsonSerializer.Deserialize(match.SiteMap, BridgeJson.Default.SiteMap)!;
        var request = new MatchJobs(match.RequestId, siteMap, match.Count) { Number = ledger.Matches.Made, Spool = Ruling };
        tick.AfterCommit(() =>
        {
            _sending = true;
            posts.Fetch(() => central.Call(request, stopping), Matched, Failed);
        });
    }

    /// <summary>Central says that work waits: ask now.</summary>
    public void Hurry()
    {
        _emptyPause = TimeSpan.Zero;
        _notBefore = TimeSpan.Zero;
    }

    private OpenMatch? Open(Tick tick)
    {
        if (appetite.Decide(tick) is not (> 0, { } siteMap) wanted) return null;
        var match = new OpenMatch(Guid.NewGuid(), wanted.Count, JsonSerializer.SerializeToUtf8Bytes(siteMap, BridgeJson.Default.SiteMap));
        ledger.Matches.Open(match);
        return match;
    }

    private void Matched(Tick tick, Matched reply)
    {
        if (ledger.Matches.Close(reply.RequestId)) Store(tick, reply);
        var empty = reply.Assignments.Count == 0;
        tick.AfterCommitInAnyCase(() =>
        {
            _sending = false;
            if (!empty) Hurry();
            else
            {
                demand.Waiting = 0;
                _emptyPause = BridgeRules.Longer(_emptyPause, Limits.FirstEmptyPause, Limits.LongestEmptyPause);
                _notBefore = tick.Monotonic + _emptyPause;
            }
        });
        tick.ComeBackIn(empty ? Limits.FirstEmptyPause : TimeSpan.Zero);
    }

    private void Store(Tick tick, Matched reply)
    {
        IncomingJob? before = null;
        foreach (var assignment in reply.Assignments)
        {
            if (IncomingJobs.Read(assignment, before) is not { } incoming)
            {
                ledger.Outbox.Add(IncomingJobs.Unreadable(assignment, tick.Now));
                continue;
            }
            before = incoming;
            // A job whose files are all here, as nearly all of a production's are, waits for nothing.
            var inputs = StageIn.Placed(assignment.Sources);
            var stage = inputs is null ? JobStage.Assigned : JobStage.Ready;
            if (ledger.Jobs.Add(assignment.AttemptId, incoming.Need, incoming.Repeatable, stage) is { } row)
                ledger.Assignments.Add(row, assignment, inputs);
        }
    }

    private void Failed(Tick tick, GridError error)
    {
        if (!error.IsTransient) Log.Error("central refuses to give jobs: {Message} {Hint}", error.Message, error.Hint ?? "");
        // A refused request would be refused for ever; one that may have been served must be repeated.
        if (!error.IsTransient && ledger.Matches.Pending() is { } match && error.Code == ErrorCode.Invalid) ledger.Matches.Close(match.RequestId);
        tick.AfterCommit(() =>
        {
            _sending = false;
            _notBefore = tick.Monotonic + Limits.CentralPause;
        });
    }
}
