using System.Runtime.InteropServices;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Outputs;

/// <summary>Symbolic links.</summary>
internal static class Links
{
    /// <summary>The path with every symbolic link in it resolved, as the kernel would; null when it leads nowhere.</summary>
    public static unsafe string? Resolve(string path)
    {
        var result = Libc.realpath(path, null);
        if (result is null) return null;
        var text = Marshal.PtrToStringUTF8((nint)result);
        Libc.free(result);
        return text;
    }
}
