using HpcGrid.Agent.Peeks;
using HpcGrid.Core;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>Everything that touches the spool, large files aside, one order at a time. Chance (which shard, which offer) is injected.</summary>
internal sealed class SpoolWork
{
    private readonly AgentSpool _spool;
    private readonly Func<int, int> _chance;
    private readonly AnswerShelf _shelf;
    private readonly SpoolUseFile? _use;

    /// <summary>Names are never used twice, and a deleted file may still be listed: what was read once is never read again.</summary>
    private readonly HashSet<QueueName> _read = [];
    private long _lease;
    private Liveness _liveness = Liveness.Unknown;

    /// <summary>A claim was tried and none has been seen since: it may still show itself, whatever rename answered.</summary>
    private bool _doubt;
    private long _changes;
    private long _keysSequence;

    /// <summary>Of the pool, that was listed last.</summary>
    private int _directory;

    /// <param name="spool">Used by one thread only, except for copying large files.</param>
    /// <param name="chance">A number from 0 to below its argument.</param>
    /// <param name="shelf">Where answers to looks lie.</param>
    /// <param name="use">Where to write what was asked of the spool; null for nowhere.</param>
    public SpoolWork(AgentSpool spool, Func<int, int> chance, AnswerShelf shelf, SpoolUseFile? use = null) =>
        (_spool, _chance, _shelf, _use) = (spool, chance, shelf, use);

    /// <summary>Does what is asked; what to tell the loop, null for nothing.</summary>
    public Notice? Perform(SpoolOrder order)
    {
        switch (order)
        {
            case LookOrder look: return Look(look);
            case PublishOrder publish: return Publish(publish.Version);
            case DropOrder drop:
                _ = _spool.DropQueue(drop.Queue, drop.Outputs); // As long as the claim is listed the bridge repeats its acknowledgement.
                _changes++;
                return null;
            case DropOutputsOrder drop:
                _ = _spool.DropOutputs(drop.Outputs); // As long as they are listed and the spool is full the bridge repeats its message.
                _changes++;
                return null;
            case AnswerOrder answer:
                _shelf.Put(answer.Answer);
                _changes++;
                return null;
            case BeatOrder beat:
                var beaten = _spool.Heartbeat(Marked(beat.Marker));
                _use?.Write();
                return new HeartBeaten(beaten);
            case KeysOrder: return new KeysRead(ReadKeys());
            case LeaveOrder leave:
                _ = _spool.Leave(Marked(leave.Marker)); // Nobody is left to care: without it the bridge waits for the batch system's word.
                _use?.Write();
                return new Left();
            default: throw new InvalidOperationException($"{order} is not known");
        }
    }

    private HeartbeatMarker Marked(HeartbeatMarker marker) => marker with { Lease = _lease, Applied = _spool.AppliedMessage, Changes = _changes };

    private Polled Look(LookOrder order)
    {
        _shelf.Tidy();
        var trouble = new List<string>();
        var inbox = order.Inbox ? _spool.ReadInbox() : InboxReading.None;
        foreach (var fault in inbox.Faults) trouble.Add($"message {fault.FileName}: {fault.Reason}");
        if (inbox.Lease is { } lease) _lease = lease.Number;
        // A fence takes the inbox away with `live` (F3): while it is listed nothing else need be looked at each time.
        var everything = order.Everything || _doubt || inbox.Errno != Errno.None || _liveness != Liveness.Live;
        if (everything) _liveness = _spool.CheckLive();
        if (order.Everything) _spool.RemoveLeft();
        if (_liveness == Liveness.Live && inbox.Errno.IsAbsent()) _ = _spool.MakeMissingDirectories();
        var claimed = everything ? ReadClaims(trouble) : [];
        if (order.Pool != PoolListing.None && _liveness == Liveness.Live && claimed.Count == 0 && TryClaim(order)) claimed = ReadClaims(trouble);
        return new Polled(_liveness, inbox.Lease, inbox.Messages, claimed, trouble);
    }

    /// <summary>A1, A2. True when it is worth looking at the claims: what rename answers proves nothing.</summary>
    private bool TryClaim(LookOrder order)
    {
        var shards = _spool.Root.Layout.Shards;
        // One in turn: a listing at a time comes round to each of them.
        _directory = order.Pool == PoolListing.OneDirectory ? (_directory + 1) % shards : _chance(shards);
        var offers = _spool.ListPool(_directory, Limits.OffersListed, order.Pool == PoolListing.OneDirectory ? 1 : shards).Items
            .Where(offer => offer.Gang == order.Gang && !_read.Contains(offer.Name)).ToList();
        var choice = AgentRules.Choice(offers, order.Whole, order.Left, shards);
        while (choice.Count > 0)
        {
            var pick = _chance(choice.Count);
            _doubt = true;
            if (!_spool.TryClaim(choice[pick]).IsAbsent()) return true;
            choice.RemoveAt(pick);
        }
        return false;
    }

    private List<WorkQueue> ReadClaims(List<string> trouble)
    {
        var claimed = new List<WorkQueue>();
        var listed = _spool.ListClaims();
        if (_liveness == Liveness.Live && listed.Errno.IsAbsent()) _ = _spool.MakeMissingDirectories();
        foreach (var name in listed.Items)
        {
            if (_read.Contains(name)) continue;
            var reading = Read(name);
            if (reading.Errno != Errno.None)
            {
                trouble.Add($"claim {name} cannot be read now: {reading.Fault ?? reading.Errno.Describe()}");
                continue;
            }
            _read.Add(name);
            _doubt = false;
            _changes++;
            if (reading.Fault is { } fault) trouble.Add($"claim {name} is no good: {fault}");
            // A damaged file becomes one without jobs: its final version hands everything back.
            claimed.Add(reading.Queue ?? new WorkQueue(
                new WorkQueueHeader(name, 0, Repeatable: true, StartMode.Optimistic), [], new Dictionary<string, byte[]>()));
        }
        return claimed;
    }

    private ClaimReading Read(QueueName name)
    {
        // The node's own disk may be full: that says nothing of the file.
        try { return _spool.ReadClaim(name); }
        catch (GridError e) { return new ClaimReading(Errno.EIO, null, e.Message); }
    }

    private VersionWritten Publish(WorkQueueVersion version)
    {
        var queue = version.Header.Name;
        byte[] image;
        try { image = WorkQueueImage.Write(version with { AppliedMessage = _spool.AppliedMessage }); }
        catch (GridError e) when (e.IsTransient) { return new VersionWritten(queue, version.Sequence, Errno.EIO, 0); }
        var errno = _spool.PublishVersion(new VersionName(queue, version.Sequence, version.Final), image);
        // Counted whatever was answered: the version may be there.
        _changes++;
        if (errno == Errno.None && version.Sequence > Spool.Limits.VersionsKept)
            _ = _spool.RemoveOldVersions(queue); // What stays behind is removed with the queue file.
        return new VersionWritten(queue, version.Sequence, errno, image.Length);
    }

    private VerificationKeys? ReadKeys()
    {
        var latest = _spool.ReadKeys(_keysSequence);
        if (latest.Value is not { } keys) return null;
        _keysSequence = latest.Sequence;
        try { return new VerificationKeys(keys.Pems); }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt) { return null; }
    }
}
