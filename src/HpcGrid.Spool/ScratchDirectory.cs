using System.Globalization;
using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// A directory on a local disk (best: /dev/shm) where SQLite images are built and opened, in which this instance has a part of its own.
/// The part is the first w[n]/ whose lock file it could flock: the kernel takes the lock away from a dead owner, so whatever lies in
/// there is a dead predecessor's and is removed. A living one's is never touched, whatever its process id. Safe for several threads.
/// </summary>
internal sealed class ScratchDirectory : IDisposable
{
    private const int PartsAtMost = 256;
    private const int OwnerOnly = 0x1c0;
    private const string LockName = "lock";
    private readonly PosixFs _fs = new();
    private readonly string _part;
    private readonly int _lock;
    private long _files;

    internal ScratchDirectory(string directory)
    {
        var path = directory.TrimEnd('/');
        if (!path.StartsWith('/'))
            throw GridError.Invalid($"'{directory}' cannot be a scratch directory", "Give an absolute path, for instance /dev/shm/hpcgrid.");
        MakeAll(path);
        (_part, _lock) = TakePart(path);
        RemoveLeftovers();
    }

    private void MakeAll(string path)
    {
        var errno = _fs.MakeDirectory(path, OwnerOnly);
        if (errno == Errno.ENOENT)
        {
            MakeAll(SpoolLayout.ParentOf(path));
            errno = _fs.MakeDirectory(path, OwnerOnly);
        }
        if (errno is not (Errno.None or Errno.EEXIST)) throw errno.ToGridError($"creating the scratch directory {path}");
    }

    private (string Part, int Lock) TakePart(string path)
    {
        for (var number = 0; number < PartsAtMost; number++)
        {
            var part = SpoolLayout.Join(path, string.Create(CultureInfo.InvariantCulture, $"w{number}"));
            var errno = _fs.MakeDirectory(part, OwnerOnly);
            if (errno is not (Errno.None or Errno.EEXIST)) throw errno.ToGridError($"creating the scratch directory {part}");
            var descriptor = Libc.Open(SpoolLayout.Join(part, LockName), Libc.ReadWrite | Libc.Create | Libc.NoFollow | Libc.CloseOnExec, 0x180);
            if (descriptor < 0) continue;
            if (Libc.Lock(descriptor, Libc.LockExclusiveNonBlocking) == 0) return (part, descriptor);
            _ = Libc.Close(descriptor);
        }
        throw GridError.Unavailable($"no part of the scratch directory {path} is free", "Remove it when nothing of HpcGrid runs on this machine.");
    }

    private void RemoveLeftovers()
    {
        var names = new List<string>();
        _ = _fs.List(_part, names);
        foreach (var name in names.Where(name => name != LockName)) _ = _fs.Unlink(SpoolLayout.Join(_part, name));
    }

    /// <summary>A path that nobody else uses; the caller gives it to <see cref="Remove"/> in the end.</summary>
    internal string NewFile() => SpoolLayout.Join(_part, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _files)}.db"));

    /// <summary>Writes a private copy. Removes it again when that fails.</summary>
    internal string Store(ReadOnlySpan<byte> bytes)
    {
        var path = NewFile();
        var errno = _fs.CreateExclusive(path, 0x180, out var handle);
        if (errno == Errno.None)
        {
            for (var rest = bytes; errno == Errno.None && !rest.IsEmpty;)
            {
                errno = _fs.Write(handle, rest, out var count);
                rest = rest[count..];
            }
            var closed = _fs.Close(handle);
            if (errno == Errno.None) errno = closed;
        }
        if (errno == Errno.None) return path;
        Remove(path);
        throw errno.ToGridError($"writing the scratch file {path}");
    }

    internal byte[] Load(string path) =>
        SpoolFile.Read(_fs, path, Limits.WorkQueueBytes, out var bytes) is var errno && errno == Errno.None
            ? bytes
            : throw (errno == Errno.EFBIG
                ? new GridError(
                    ErrorCode.TooLarge, $"a work-queue file would be larger than {Limits.WorkQueueBytes} bytes", "Put fewer or smaller files into it.")
                : errno.ToGridError($"reading the scratch file {path}"));

    /// <summary>Removes a scratch file and the journal that a refused database may have made beside it.</summary>
    internal void Remove(string path)
    {
        _ = _fs.Unlink(path);
        _ = _fs.Unlink(path + "-journal");
    }

    public void Dispose()
    {
        RemoveLeftovers();
        _ = Libc.Close(_lock);
    }
}
