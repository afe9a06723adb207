using System.Buffers.Text;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Monitoring;

/// <summary>What of a process costs more to know than its line in stat. One thread only.</summary>
internal sealed class ProcessDetails
{
    private readonly ProcFile _file = new();

    /// <summary>KiB with shared pages divided among their users, and KiB in swap; null where the kernel does not tell.</summary>
    public (long Pss, long Swap)? Memory(int process)
    {
        var rollup = _file.Read(process, "smaps_rollup");
        return Number(rollup, "\nPss:"u8) is { } pss ? (pss, Number(rollup, "\nSwapPss:"u8) ?? Number(rollup, "\nSwap:"u8) ?? 0) : null;
    }

    /// <summary>KiB it has read and written through files and pipes so far.</summary>
    public (long Read, long Written) Traffic(int process)
    {
        var io = _file.Read(process, "io");
        // The first line has no newline before it.
        return ((io.StartsWith("rchar:"u8) ? Number(io, "rchar:"u8) ?? 0 : 0) / 1024, (Number(io, "\nwchar:"u8) ?? 0) / 1024);
    }

    /// <summary>Descriptors open now.</summary>
    public static int OpenFiles(int process)
    {
        // It may end, or belong to somebody else by set-uid, at any moment.
        try { return Directory.GetFileSystemEntries($"/proc/{process}/fd").Length; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return 0; }
    }

    private static long? Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label)
    {
        var at = text.IndexOf(label);
        if (at < 0) return null;
        return Utf8Parser.TryParse(text[(at + label.Length)..].TrimStart(" \t"u8), out long number, out _) ? number : null;
    }
}
