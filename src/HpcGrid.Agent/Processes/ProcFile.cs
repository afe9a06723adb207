using System.Globalization;
using System.Text.Unicode;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Reads files of /proc with three system calls each. .NET's own way takes twice as many, and an agent that watches 64 jobs reads hundreds
/// a second. One thread only: what is answered is good until the next call.
/// </summary>
internal sealed unsafe class ProcFile
{
    private byte[] _buffer = new byte[8 * 1024];

    /// <summary>The bytes of /proc/PROCESS/NAME; empty when the process is gone or not ours to look at.</summary>
    public ReadOnlySpan<byte> Read(int process, string name)
    {
        Span<byte> path = stackalloc byte[128];
        return Utf8.TryWrite(path, CultureInfo.InvariantCulture, $"/proc/{process}/{name}\0", out _) ? Read(path) : default;
    }

    /// <summary>The bytes of any such file; empty when it cannot be read.</summary>
    public ReadOnlySpan<byte> Read(string path)
    {
        Span<byte> text = stackalloc byte[512];
        return Utf8.TryWrite(text, $"{path}\0", out _) ? Read(text) : default;
    }

    private ReadOnlySpan<byte> Read(scoped ReadOnlySpan<byte> path)
    {
        int descriptor;
        fixed (byte* text = path) descriptor = Libc.open(text, Libc.OpenCloseOnExec, 0);
        if (descriptor < 0) return default;
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                if (length >= Limits.ProcFileBytes) break;
                Array.Resize(ref _buffer, length * 2);
            }
            nint count;
            fixed (byte* to = &_buffer[length]) count = Libc.read(descriptor, to, (nuint)(_buffer.Length - length));
            if (count <= 0) break;
            length += (int)count;
        }
        _ = Libc.close(descriptor);
        return _buffer.AsSpan(0, length);
    }
}
