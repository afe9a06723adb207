using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>A control message with the number it came under.</summary>
public sealed record ReceivedMessage(long Sequence, ControlMessage Message);

/// <summary>What the inbox showed.</summary>
/// <param name="Errno">None when it was listed to its end.</param>
/// <param name="Lease">The newest lease, or null when none is listed. Whether it is new is for the reader's monotonic clock.</param>
/// <param name="Messages">Those not handed out before, by number.</param>
/// <param name="Faults">Messages that are no good; the bridge repeats what has no effect.</param>
public sealed record InboxReading(Errno Errno, LeaseName? Lease, IReadOnlyList<ReceivedMessage> Messages, IReadOnlyList<FileFault> Faults)
{
    /// <summary>Of an inbox that was not looked at: no news.</summary>
    public static readonly InboxReading None = new(Errno.None, null, [], []);
}

/// <summary>
/// The agent's side of in/ (K1). Names are remembered, not the highest number: a message that becomes visible after a later one is
/// still handed out, once. Leases and messages of a lower bridge generation than seen are ignored (E1).
/// </summary>
public sealed class AgentInbox(ISharedFs fs, string directory)
{
    private readonly HashSet<string> _handedOut = [];
    private long _epoch;

    /// <summary>The highest number handed out, for the heartbeat.</summary>
    public long Applied { get; private set; }

    /// <summary>The newest lease seen.</summary>
    public LeaseName? Lease { get; private set; }

    /// <summary>One listing, and a read of each new message.</summary>
    public InboxReading Read()
    {
        var names = new List<string>();
        var errno = fs.List(directory, names);
        var messages = new List<(MessageName Name, string File)>();
        foreach (var file in names)
        {
            if (LeaseName.TryParse(file, out var lease)) See(lease);
            else if (MessageName.TryParse(file, out var message) && !_handedOut.Contains(file)) messages.Add((message, file));
        }
        foreach (var (name, _) in messages) _epoch = Math.Max(_epoch, name.Epoch);
        if (errno == Errno.None) _handedOut.IntersectWith(names);
        return Open(errno, messages);
    }

    private void See(LeaseName lease)
    {
        _epoch = Math.Max(_epoch, lease.Epoch);
        if (Lease is { } seen && (lease.Epoch < seen.Epoch || (lease.Epoch == seen.Epoch && lease.Number <= seen.Number))) return;
        Lease = lease;
    }

    private InboxReading Open(Errno errno, List<(MessageName Name, string File)> listed)
    {
        var received = new List<ReceivedMessage>();
        var faults = new List<FileFault>();
        foreach (var (name, file) in listed.Where(message => message.Name.Epoch >= _epoch).OrderBy(message => message.Name.Sequence))
        {
            var read = SpoolFile.Read(fs, SpoolLayout.Join(directory, file), Limits.MessageBytes, out var bytes);
            if (read != Errno.None) continue; // Listed and not readable now: the next reading finds it.
            _handedOut.Add(file);
            if (Decode(name, bytes, faults) is not { } message) continue;
            received.Add(new ReceivedMessage(name.Sequence, message));
            Applied = Math.Max(Applied, name.Sequence);
        }
        return new InboxReading(errno, Lease is { } lease && lease.Epoch >= _epoch ? lease : null, received, faults);
    }

    private static ControlMessage? Decode(MessageName name, byte[] bytes, List<FileFault> faults)
    {
        try
        {
            var message = SpoolDocument.Decode(bytes, SpoolJson.Default.ControlMessage);
            if (message.Kind == name.Kind) return message;
            faults.Add(new FileFault(name.FileName, $"it is of kind {message.Kind}"));
        }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt) { faults.Add(new FileFault(name.FileName, e.Message)); }
        return null;
    }
}
