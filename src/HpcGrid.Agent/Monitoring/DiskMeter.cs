using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;

namespace HpcGrid.Agent.Monitoring;

/// <summary>How much disk a sandbox takes. A payload may change it meanwhile, so that the answer is near the truth, not exact.</summary>
internal static class DiskMeter
{
    /// <summary>Bytes of all files below sandbox and TMPDIR, holes not counted, links not followed.</summary>
    public static long BytesOf(Sandbox sandbox)
    {
        var (bytes, entries) = (0L, 0);
        var pending = new Stack<string>([sandbox.Path, sandbox.Temporary]);
        while (pending.TryPop(out var folder) && entries < Limits.DiskEntries)
            foreach (var path in EntriesOf(folder))
            {
                entries++;
                var facts = Libc.Look(path);
                if (facts.Kind == FileKind.Directory) pending.Push(path);
                else bytes += facts.Allocated;
            }
        return bytes;
    }

    /// <summary>Bytes of its standard output and error.</summary>
    public static long OutputBytesOf(Sandbox sandbox) => Libc.Look(sandbox.Stdout).Size + Libc.Look(sandbox.Stderr).Size;

    private static string[] EntriesOf(string folder)
    {
        try { return Directory.GetFileSystemEntries(folder); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }
}
