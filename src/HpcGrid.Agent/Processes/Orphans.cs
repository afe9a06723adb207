using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Tells in one system call whether any payload left a process behind. The kernel gives orphans to the agent's first thread; the
/// loop runs on another one, so the first thread's children are orphans and nothing else. On kernels without
/// CONFIG_PROC_CHILDREN the answer is always "maybe", and the caller walks /proc.
/// </summary>
internal sealed class Orphans : IDisposable
{
    private readonly SafeFileHandle? _children;
    private readonly byte[] _buffer = new byte[16];

    public Orphans()
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children");
        _children = File.Exists(path) ? File.OpenHandle(path) : null;
    }

    /// <summary>False: every process that any payload started is gone or still has its parent.</summary>
    public bool MayExist => _children is null || RandomAccess.Read(_children, _buffer, 0) > 0;

    public void Dispose() => _children?.Dispose();
}
