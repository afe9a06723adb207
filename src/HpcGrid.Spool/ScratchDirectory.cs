using System.Collections.Concurrent;
using System.Globalization;
using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// A directory on a local disk (best: /dev/shm) where SQLite images are built and opened, in which this instance has a part of its own.
/// The part is the first w[n]/ whose lock file it could flock: the kernel takes the lock away from a dead owner, so whatever lies in
/// there is a dead predecessor's and is removed. A living one's is never touched, whatever its process id. Who goes last takes the directory along.
/// Safe for several threads.
/// </summary>
internal sealed class ScratchDirectory : IDisposable
{
    private const int PartsAtMost = 256, MakingTries = 100;
    private const int OwnerOnly = 0x1c0;
    private const string LockName = "lock";
    private readonly PosixFs _fs = new();
    private readonly string _path;
    private readonly string _part;
    private readonly int _lock;
    private readonly ConcurrentBag<string> _free = [];
    private long _files;

    internal ScratchDirectory(string directory)
    {
        var path = _path = directory.TrimEnd('/');
        if (!path.StartsWith('/'))
            throw GridError.Invalid($"'{directory}' cannot be a scratch directory", "Give an absolute path, for instance /dev/shm/hpcgrid.");
        (_part, _lock) = TakePart(path);
        RemoveLeftovers(_part);
    }

    private void MakeAll(string path)
    {
        var errno = _fs.MakeDirectory(path, OwnerOnly);
        // Who goes last removes the parent, perhaps just after we made it.
        for (var tries = 0; errno == Errno.ENOENT && tries < MakingTries; tries++)
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
            var part = PartOf(path, number);
            MakeAll(part);
            CheckOwner(part);
            if (TryLock(part) is { } descriptor) return (part, descriptor);
        }
        throw GridError.Unavailable($"no part of the scratch directory {path} is free", "Remove it when nothing of HpcGrid runs on this machine.");
    }

    /// <summary>In a directory that everybody may write somebody else may have made it before us.</summary>
    private void CheckOwner(string part)
    {
        if (_fs.Status(part, out var status) == Errno.None && (status.UserId != _fs.UserId || status.Kind != FileKind.Directory))
            throw GridError.Denied($"the scratch directory {part} belongs to another user", "Remove it, or have it removed.");
    }

    private static string PartOf(string path, int number) => SpoolLayout.Join(path, string.Create(CultureInfo.InvariantCulture, $"w{number}"));

    /// <summary>The locked descriptor, or null when a living one has it, or when its owner removes it at this moment.</summary>
    private int? TryLock(string part)
    {
        var path = SpoolLayout.Join(part, LockName);
        var descriptor = Libc.Open(path, Libc.ReadWrite | Libc.Create | Libc.NoFollow | Libc.CloseOnExec, 0x180);
        if (descriptor < 0) return null;
        // A lock on a file that was removed meanwhile is a lock on nothing.
        if (Libc.Lock(descriptor, Libc.LockExclusiveNonBlocking) == 0
            && _fs.Status(new FsHandle(descriptor), out var held) == Errno.None && _fs.Status(path, out var there) == Errno.None
            && held.Inode == there.Inode && held.Device == there.Device)
            return descriptor;
        _ = Libc.Close(descriptor);
        return null;
    }

    private void RemoveLeftovers(string part)
    {
        var names = new List<string>();
        _ = _fs.List(part, names);
        foreach (var name in names.Where(name => name != LockName)) _ = _fs.Unlink(SpoolLayout.Join(part, name));
    }

    /// <summary>The caller has the lock; it goes with the file.</summary>
    private void RemovePart(string part, int descriptor)
    {
        RemoveLeftovers(part);
        _ = _fs.Unlink(SpoolLayout.Join(part, LockName));
        _ = _fs.RemoveDirectory(part);
        _ = Libc.Close(descriptor);
    }

    /// <summary>What those left that were killed.</summary>
    private void RemoveDead()
    {
        var names = new List<string>();
        _ = _fs.List(_path, names);
        foreach (var part in names.Select(name => SpoolLayout.Join(_path, name)).Where(part => part != _part && IsPart(part)))
            if (TryLock(part) is { } descriptor) RemovePart(part, descriptor);
    }

    private static bool IsPart(string path) =>
        path[(path.LastIndexOf('/') + 1)..] is ['w', .. var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>
    /// A path that nobody else uses; the caller gives it to <see cref="Remove"/> in the end, and it is used again.
    /// Trap: Microsoft.Data.Sqlite remembers every path it has ever opened, without pooling too, and forgets them on a timer that ends the process when it
    /// meets itself over very many of them.
    /// </summary>
    internal string NewFile() => _free.TryTake(out var free)
        ? free
        : SpoolLayout.Join(_part, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _files)}.db"));

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

    /// <param name="path">A file made here.</param>
    /// <param name="room">Bytes behind its own.</param>
    internal byte[] Load(string path, int room) =>
        SpoolFile.Read(_fs, path, Limits.WorkQueueBytes, room, out var bytes) is var errno && errno == Errno.None
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
        _free.Add(path);
    }

    public void Dispose()
    {
        RemovePart(_part, _lock);
        RemoveDead();
        _ = _fs.RemoveDirectory(_path);
    }
}
