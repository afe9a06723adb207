using System.Buffers.Text;

namespace HpcGrid.Agent.Processes;

/// <summary>A living process as /proc/PID/stat shows it.</summary>
internal readonly record struct ProcessEntry(int Id, int Parent, int Group, int Session)
{
    /// <summary>Linux counts in /proc in hundredths of a second, whatever the kernel's own clock.</summary>
    public const double TicksPerSecond = 100;

    /// <summary>'R', 'S', 'D', 'T' …</summary>
    public char State { get; init; }
    /// <summary>Ticks of user and system time: its own, and of children it waited for.</summary>
    public long Ticks { get; init; }
    /// <summary>Ticks of its own alone.</summary>
    public long OwnTicks { get; init; }
    public int Threads { get; init; }
    /// <summary>Ticks from the machine's start to its own: tells a process from another one that got its number later.</summary>
    public long Started { get; init; }
    public long RssKib { get; init; }

    private const int LastField = 21;

    /// <summary>Null for a zombie and for what is no stat line.</summary>
    public static ProcessEntry? Parse(int id, ReadOnlySpan<byte> stat)
    {
        // "17 (a name) with) brackets) S 1 17 17 ...": fields are counted from the last bracket.
        var rest = stat[(stat.LastIndexOf((byte)')') + 1)..];
        Span<long> fields = stackalloc long[LastField + 1];
        var state = '?';
        for (var field = 0; field <= LastField; field++)
        {
            rest = rest.TrimStart((byte)' ');
            if (rest.IsEmpty) return null;
            var end = rest.IndexOf((byte)' ');
            var word = end < 0 ? rest : rest[..end];
            if (field == 0) state = (char)word[0];
            else if (Utf8Parser.TryParse(word, out long number, out _)) fields[field] = number;
            rest = end < 0 ? default : rest[end..];
        }
        if (state is 'Z' or 'X') return null;
        return new ProcessEntry(id, (int)fields[1], (int)fields[2], (int)fields[3])
        {
            State = state,
            OwnTicks = fields[11] + fields[12],
            Ticks = fields[11] + fields[12] + fields[13] + fields[14],
            Threads = (int)fields[17],
            Started = fields[19],
            RssKib = fields[21] * (Environment.SystemPageSize / 1024),
        };
    }
}
