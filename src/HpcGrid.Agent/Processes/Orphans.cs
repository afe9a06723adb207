using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Tells in one system call whether any payload left a process behind. The kernel gives orphans to the agent's first thread; payloads
/// are started on others, so the first thread's children are orphans and nothing else. On kernels without
/// CONFIG_PROC_CHILDREN the answer is always "maybe", and the caller walks /proc.
/// </summary>
internal sealed class Orphans : IDisposable
{
    private readonly SafeFileHandle? _children;
    private readonly byte[] _buffer = new byte[4096];

    public Orphans()
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children");
        _children = File.Exists(path) ? File.OpenHandle(path) : null;
    }

    /// <summary>False: every process that any payload started is gone or still has its parent.</summary>
    public bool MayExist => _children is null || (Read() is { Length: > 0 } found && Outlives(found));

    /// <summary>Those who died are listed until somebody waits for them.</summary>
    private bool Outlives(ReadOnlySpan<byte> found)
    {
        foreach (var word in found.Split((byte)' '))
            if (Utf8Parser.TryParse(found[word], out int process, out _)) Reaper.TakeDead(process);
        return Read().Length > 0;
    }

    private ReadOnlySpan<byte> Read() => _buffer.AsSpan(0, RandomAccess.Read(_children!, _buffer, 0));

    public void Dispose() => _children?.Dispose();
}
