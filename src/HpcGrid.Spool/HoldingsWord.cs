using System.Buffers.Binary;

namespace HpcGrid.Spool;

/// <summary>
/// A short word for what an agent has in claim/ and out/: its claims, the newest version of each queue file, its answers. Its heartbeat tells it; who lists the
/// directories and gets the same word has seen all that the heartbeat told of, and need not look again when caches are surely old (PROTOCOL 5).
/// Where an agent is wrong about what it has the words differ, and that second look is made.
/// </summary>
public sealed class HoldingsWord
{
    private readonly HashSet<QueueName> _claims = [];
    private readonly Dictionary<QueueName, VersionName> _newest = [];
    private readonly HashSet<AnswerName> _answers = [];

    /// <summary>A claim was listed and read.</summary>
    public void Add(QueueName claim) => _claims.Add(claim);

    /// <summary>A version was published.</summary>
    public void Add(VersionName version) => _newest[version.Queue] = version;

    /// <summary>An answer was published.</summary>
    public void Add(AnswerName answer) => _answers.Add(answer);

    /// <summary>An answer was removed.</summary>
    public void Remove(AnswerName answer) => _answers.Remove(answer);

    /// <summary>Nothing of a queue file is left.</summary>
    public void Remove(QueueName queue)
    {
        _claims.Remove(queue);
        _newest.Remove(queue);
    }

    /// <summary>The word for it, never 0.</summary>
    public uint Word => Of(_claims, _newest.Values, _answers);

    /// <summary>The word for these, in any order, never 0.</summary>
    public static uint Of(IEnumerable<QueueName> claims, IEnumerable<VersionName> newest, IEnumerable<AnswerName> answers)
    {
        var sum = 1UL;
        foreach (var claim in claims) sum += Of(claim, 0);
        foreach (var version in newest) sum += Of(version.Queue, (2 * version.Sequence) + (version.Final ? 1 : 0));
        foreach (var answer in answers) sum += Of(answer);
        return Math.Max(1, (uint)(Mix(sum) >> 32));
    }

    private static ulong Of(AnswerName answer)
    {
        Span<byte> order = stackalloc byte[16];
        _ = answer.Order.TryWriteBytes(order);
        return Mix(Mix(BinaryPrimitives.ReadUInt64LittleEndian(order)) + BinaryPrimitives.ReadUInt64LittleEndian(order[8..]));
    }

    private static ulong Of(QueueName queue, long version) => Mix(Mix(Mix((ulong)queue.Id) + (ulong)queue.Generation) + (ulong)version);

    /// <summary>The finalizer of SplitMix64 (Steele, Lea, Flood, 2014): each bit of the answer depends on each of the value.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
