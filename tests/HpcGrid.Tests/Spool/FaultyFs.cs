using System.Collections.Concurrent;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>What to answer instead of the truth.</summary>
/// <param name="Errno">The answer.</param>
/// <param name="AfterDoing">True: the operation is done all the same (a reply that got lost).</param>
internal sealed record Fault(Errno Errno, bool AfterDoing = false);

/// <summary>A filesystem that fails where it is told to: at the n-th call, or where a rule says so. Writes can be made short.</summary>
internal sealed class FaultyFs(ISharedFs inner) : ISharedFs
{
    private readonly ConcurrentDictionary<FsHandle, string> _paths = new();
    private int _calls;

    /// <summary>Asked before each call with its kind, its number (from 1) and its path (of a handle: the one it was opened by).</summary>
    public Func<FsOperation, int, string, Fault?> Rule { get; set; } = (_, _, _) => null;

    /// <summary>Given what was read, with its path; it may change that.</summary>
    public Action<string, Span<byte>>? Spoil { get; set; }

    /// <summary>Most bytes that one write takes.</summary>
    public int LongestWrite { get; set; } = int.MaxValue;

    public int Calls => _calls;

    public uint UserId { get; init; } = inner.UserId;

    public Errno List(string directory, List<string> names) => Do(FsOperation.List, directory, () => inner.List(directory, names));

    public Errno OpenRead(string path, out FsHandle handle)
    {
        var opened = default(FsHandle);
        var errno = Do(FsOperation.Open, path, () => inner.OpenRead(path, out opened), () => inner.Close(opened));
        if (errno == Errno.None) _paths[opened] = path;
        handle = opened;
        return errno;
    }

    public Errno CreateExclusive(string path, int mode, out FsHandle handle)
    {
        var opened = default(FsHandle);
        var errno = Do(FsOperation.Create, path, () => inner.CreateExclusive(path, mode, out opened), () => inner.Close(opened));
        if (errno == Errno.None) _paths[opened] = path;
        handle = opened;
        return errno;
    }

    public Errno Read(FsHandle handle, Span<byte> buffer, out int count)
    {
        count = 0;
        if (Next(FsOperation.Read, PathOf(handle)) is { } fault) return fault.Errno;
        var errno = inner.Read(handle, buffer, out count);
        Spoil?.Invoke(PathOf(handle), buffer[..count]);
        return errno;
    }

    public Errno Write(FsHandle handle, ReadOnlySpan<byte> bytes, out int count)
    {
        count = 0;
        return Next(FsOperation.Write, PathOf(handle)) is { } fault ? fault.Errno : inner.Write(handle, bytes[..Math.Min(bytes.Length, LongestWrite)], out count);
    }

    public Errno Sync(FsHandle handle) => Do(FsOperation.Sync, PathOf(handle), () => inner.Sync(handle));

    public Errno Status(FsHandle handle, out FileStatus status)
    {
        var seen = default(FileStatus);
        var errno = Do(FsOperation.Status, PathOf(handle), () => inner.Status(handle, out seen));
        status = seen;
        return errno;
    }

    /// <summary>Always closes, as the kernel does.</summary>
    public Errno Close(FsHandle handle)
    {
        var fault = Next(FsOperation.Close, PathOf(handle));
        // Before the kernel may give the number to another thread.
        _paths.TryRemove(handle, out _);
        var errno = inner.Close(handle);
        return fault?.Errno ?? errno;
    }

    public Errno SyncDirectory(string directory) => Do(FsOperation.SyncDirectory, directory, () => inner.SyncDirectory(directory));

    public Errno Rename(string from, string to) => Do(FsOperation.Rename, to, () => inner.Rename(from, to));

    public Errno Link(string from, string to) => Do(FsOperation.Link, to, () => inner.Link(from, to));

    public Errno Unlink(string path) => Do(FsOperation.Unlink, path, () => inner.Unlink(path));

    public Errno MakeDirectory(string path, int mode) => Do(FsOperation.MakeDirectory, path, () => inner.MakeDirectory(path, mode));

    public Errno RemoveDirectory(string path) => Do(FsOperation.RemoveDirectory, path, () => inner.RemoveDirectory(path));

    public Errno Status(string path, out FileStatus status)
    {
        var seen = default(FileStatus);
        var errno = Do(FsOperation.Status, path, () => inner.Status(path, out seen));
        status = seen;
        return errno;
    }

    public Errno FileSystem(string path, out FileSystemStatus status)
    {
        var seen = default(FileSystemStatus);
        var errno = Do(FsOperation.FileSystem, path, () => inner.FileSystem(path, out seen));
        status = seen;
        return errno;
    }

    private Errno Do(FsOperation kind, string path, Func<Errno> operation, Action? undo = null)
    {
        var fault = Next(kind, path);
        if (fault is null) return operation();
        if (fault.AfterDoing && operation() == Errno.None) undo?.Invoke();
        return fault.Errno;
    }

    private Fault? Next(FsOperation kind, string path) => Rule(kind, Interlocked.Increment(ref _calls), path);

    private string PathOf(FsHandle handle) => _paths.GetValueOrDefault(handle, "");
}
