using System.Text;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Outputs;

/// <summary>The last bytes of a text file, as valid text: a character cut in two at the beginning is left out.</summary>
internal static class Tail
{
    /// <summary>Empty for an empty file, for none, and for anything that is not a regular file.</summary>
    public static string Of(string path, int bytes = Limits.TailBytes) => Of(path, Libc.Look(path), bytes);

    /// <summary>The same of a file that was looked at a moment ago.</summary>
    public static string Of(string path, FileFacts facts, int bytes = Limits.TailBytes)
    {
        if (facts.Kind != FileKind.Regular || facts.Size == 0) return "";
        try { return Read(path, bytes); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return $"(cannot be read: {e.Message})"; }
    }

    private static string Read(string path, int bytes)
    {
        using var handle = File.OpenHandle(path, share: FileShare.ReadWrite);
        var length = RandomAccess.GetLength(handle);
        var buffer = new byte[Math.Min(length, bytes)];
        var read = RandomAccess.Read(handle, buffer, length - buffer.Length);
        return Text(buffer.AsSpan(0, read), cut: length > buffer.Length);
    }

    /// <param name="bytes">The bytes.</param>
    /// <param name="cut">True when bytes before them were left out.</param>
    internal static string Text(ReadOnlySpan<byte> bytes, bool cut)
    {
        var start = 0;
        // At most three continuation bytes (10xxxxxx) can belong to a character whose first byte was cut away.
        if (cut)
            while (start < 3 && start < bytes.Length && (bytes[start] & 0xc0) == 0x80) start++;
        return Encoding.UTF8.GetString(bytes[start..]);
    }
}
