using HpcGrid.Agent.Outputs;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Jobs;

/// <summary>
/// A claimed queue file: its jobs, and what has been said of them. Kept until the bridge has acknowledged the final version.
/// Belongs to the loop's thread, the room for small outputs aside.
/// </summary>
internal sealed class QueueRun
{
    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly List<AgentNote> _notes = [];
    private TimeSpan _changedAt;
    private TimeSpan? _publishedAt;
    private TimeSpan _notBefore;
    private TimeSpan _backOff, _repeat;
    private int _over, _timed;
    private double _seconds;
    private bool _changed, _urgent;
    private readonly TimeSpan _claimedAt;
    private long _sequence;
    private long _finalSequence;
    private int _bytes;

    public QueueRun(WorkQueue queue, TimeSpan now)
    {
        Header = queue.Header;
        _claimedAt = now;
        Inputs = queue.Blobs;
        Jobs = [.. queue.Jobs.Select(job => new JobRun(this, job))];
        MayStart = Header.StartMode == StartMode.Optimistic;
        // A3: the bridge waits for version 1 of a file whose jobs start only on its word. A file without jobs is over at once.
        _urgent = !MayStart || Jobs.Count == 0;
        if (_urgent) Change(now);
    }

    public WorkQueueHeader Header { get; }
    public QueueName Name => Header.Name;
    public IReadOnlyDictionary<string, byte[]> Inputs { get; }
    public IReadOnlyList<JobRun> Jobs { get; }
    public SmallOutputRoom SmallOutputs { get; } = new(Limits.SmallOutputsBytes);

    /// <summary>False in acked mode until the bridge says Start.</summary>
    public bool MayStart { get; set; }

    /// <summary>A version is on its way to the spool.</summary>
    public bool Publishing { get; private set; }

    /// <summary>The final version is in the spool.</summary>
    public bool FinalPublished { get; private set; }

    /// <summary>A final version was written, perhaps with an error that hid its success: an acknowledgement can be right.</summary>
    public bool MayBeAcked => _finalSequence > 0;

    /// <summary>The last publication failed.</summary>
    public bool Fails => _backOff > TimeSpan.Zero;

    /// <summary>It failed because the disk or the quota is full.</summary>
    public bool Full { get; private set; }

    public bool AllOver => _over == Jobs.Count;

    public PublishFacts PublishFacts => new(_changed && !Publishing, _changedAt, _publishedAt, AllOver, _notBefore, _bytes)
    {
        Jobs = Jobs.Count, ClaimedAt = _claimedAt, IsUrgent = _urgent, IsRepeated = FinalPublished,
    };

    /// <summary>Mean of the time that its jobs took, seconds; null before the first end.</summary>
    public double? JobSeconds => _timed == 0 ? null : _seconds / _timed;

    /// <summary>One of its jobs was here for so many seconds.</summary>
    public void Took(double seconds)
    {
        _seconds += seconds;
        _timed++;
    }

    /// <summary>Something is to be published.</summary>
    public void Change(TimeSpan now)
    {
        if (!_changed || now < _changedAt) _changedAt = now;
        _changed = true;
    }

    /// <summary>Something is to be published that can wait: by so long after the last version.</summary>
    public void ChangeBy(TimeSpan now, TimeSpan atMost)
    {
        if (_changed) return;
        var by = (_publishedAt ?? now) + atMost;
        Change(by > now ? by : now);
    }

    /// <summary>One more job is over; what did not go well others wait to hear of.</summary>
    public void CountOver(TimeSpan now, bool wentWell)
    {
        _over++;
        _urgent |= !wentWell;
        Change(now);
    }

    public void Keep(IReadOnlyDictionary<string, byte[]> blobs)
    {
        foreach (var (sha256, bytes) in blobs) _blobs[sha256] = bytes;
    }

    /// <summary>A remark for a job's trace.</summary>
    public void Note(JobRun run, string kind, DateTimeOffset at, string text) =>
        _notes.Add(new AgentNote(run.Job.Id, _notes.Count + 1, kind, at, text));

    /// <summary>The version to publish now, with a sequence never used before; from here on changes belong to the next one.</summary>
    public WorkQueueVersion NextVersion(AgentCard card)
    {
        _changed = _urgent = false;
        Publishing = true;
        var final = AllOver;
        if (final) _finalSequence = _sequence + 1;
        if (final && !FinalPublished) _repeat = TimeSpan.Zero;
        // Says by itself whether it still waits for the word to begin.
        return new WorkQueueVersion(
            MayStart ? Header with { StartMode = StartMode.Optimistic } : Header, ++_sequence, final, card.Agent, AppliedMessage: 0,
            [.. Jobs.Where(run => run.Stage != RunStage.Waiting).Select(run => run.Report(card))], new Dictionary<string, byte[]>(_blobs))
        { Notes = [.. _notes] };
    }

    /// <summary>
    /// What its bridge has not answered is said again under the next number: its name may be hidden until the directory changes again (V2), or it lies there
    /// damaged. Twice as late each time.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="first">After so long for the first time.</param>
    public void AskAgain(TimeSpan now, TimeSpan first)
    {
        if (MayStart && !FinalPublished) return;
        _repeat = _repeat == TimeSpan.Zero ? first : _repeat * 2 < Limits.AskAgainAtMost ? _repeat * 2 : Limits.AskAgainAtMost;
        ChangeBy(now, _repeat);
    }

    public void Published(Errno errno, int bytes, long sequence, TimeSpan now)
    {
        Publishing = false;
        Full = errno.IsFull();
        if (errno == Errno.None)
        {
            _publishedAt = now;
            _bytes = bytes;
            _backOff = _notBefore = TimeSpan.Zero;
            FinalPublished |= sequence == _finalSequence;
            return;
        }
        Change(now);
        _backOff = _backOff == TimeSpan.Zero ? Limits.PublishRetry : _backOff * 2;
        if (_backOff > Limits.PublishRetryAtMost) _backOff = Limits.PublishRetryAtMost;
        _notBefore = now + _backOff;
    }
}
