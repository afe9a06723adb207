using System.Runtime.InteropServices;
using HpcGrid.Core;

namespace HpcGrid.Central.Storage;

/// <summary>Makes a rename durable: fsync of the directory, which the base library cannot do.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnlyDirectory = 0x10000 | 0x80000;

    /// <summary>Throws GridError(Unavailable).</summary>
    public static void Sync(string directory)
    {
        var descriptor = Open(directory, ReadOnlyDirectory);
        if (descriptor < 0) throw Failed(directory);
        try
        {
            if (Fsync(descriptor) != 0) throw Failed(directory);
        }
        finally
        {
            if (Close(descriptor) != 0) throw Failed(directory);
        }
    }

    private static GridError Failed(string directory) =>
        GridError.Unavailable($"the storage element cannot sync {directory}: {Marshal.GetLastPInvokeErrorMessage()}", "Look at the disk of central's home.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
