namespace HpcGrid.Spool;

/// <summary>The kinds of operation that a filesystem's server has to answer.</summary>
public enum FsOperation
{
    List, Open, Create, Read, Write, Sync, SyncDirectory, Close, Status, Rename, Link, Unlink, MakeDirectory, RemoveDirectory, FileSystem,
}

/// <summary>Counts up to a moment.</summary>
/// <param name="Operations">By kind, in the order of <see cref="FsOperation"/>.</param>
/// <param name="BytesRead">Bytes that reads gave.</param>
/// <param name="BytesWritten">Bytes that writes took.</param>
public sealed record FsCounts(IReadOnlyList<long> Operations, long BytesRead, long BytesWritten)
{
    /// <summary>Operations of one kind.</summary>
    public long this[FsOperation kind] => Operations[(int)kind];

    /// <summary>All that go to the metadata server: everything but reads, writes and closes.</summary>
    public long Metadata => Operations.Sum() - this[FsOperation.Read] - this[FsOperation.Write] - this[FsOperation.Close];

    /// <summary>fsyncs of files and directories.</summary>
    public long Syncs => this[FsOperation.Sync] + this[FsOperation.SyncDirectory];

    /// <summary>What happened since an earlier moment.</summary>
    public FsCounts Since(FsCounts earlier) => new(
        [.. Operations.Zip(earlier.Operations, (now, then) => now - then)], BytesRead - earlier.BytesRead, BytesWritten - earlier.BytesWritten);
}

/// <summary>Counts what passes through, for benchmarks and the operation budget; one interlocked addition a call.</summary>
public sealed class CountingFs(ISharedFs inner) : ISharedFs
{
    private readonly long[] _operations = new long[Enum.GetValues<FsOperation>().Length];
    private long _bytesRead;
    private long _bytesWritten;

    public uint UserId => inner.UserId;

    /// <summary>The counts now.</summary>
    public FsCounts Counts => new([.. _operations], Interlocked.Read(ref _bytesRead), Interlocked.Read(ref _bytesWritten));

    public Errno List(string directory, List<string> names) => Count(FsOperation.List, inner.List(directory, names));

    public Errno OpenRead(string path, out FsHandle handle) => Count(FsOperation.Open, inner.OpenRead(path, out handle));

    public Errno CreateExclusive(string path, int mode, out FsHandle handle) => Count(FsOperation.Create, inner.CreateExclusive(path, mode, out handle));

    public Errno Read(FsHandle handle, Span<byte> buffer, out int count)
    {
        var errno = Count(FsOperation.Read, inner.Read(handle, buffer, out count));
        Interlocked.Add(ref _bytesRead, count);
        return errno;
    }

    public Errno Write(FsHandle handle, ReadOnlySpan<byte> bytes, out int count)
    {
        var errno = Count(FsOperation.Write, inner.Write(handle, bytes, out count));
        Interlocked.Add(ref _bytesWritten, count);
        return errno;
    }

    public Errno Sync(FsHandle handle) => Count(FsOperation.Sync, inner.Sync(handle));

    public Errno Status(FsHandle handle, out FileStatus status) => Count(FsOperation.Status, inner.Status(handle, out status));

    public Errno Close(FsHandle handle) => Count(FsOperation.Close, inner.Close(handle));

    public Errno SyncDirectory(string directory) => Count(FsOperation.SyncDirectory, inner.SyncDirectory(directory));

    public Errno Rename(string from, string to) => Count(FsOperation.Rename, inner.Rename(from, to));

    public Errno Link(string from, string to) => Count(FsOperation.Link, inner.Link(from, to));

    public Errno Unlink(string path) => Count(FsOperation.Unlink, inner.Unlink(path));

    public Errno MakeDirectory(string path, int mode) => Count(FsOperation.MakeDirectory, inner.MakeDirectory(path, mode));

    public Errno RemoveDirectory(string path) => Count(FsOperation.RemoveDirectory, inner.RemoveDirectory(path));

    public Errno Status(string path, out FileStatus status) => Count(FsOperation.Status, inner.Status(path, out status));

    public Errno FileSystem(string path, out FileSystemStatus status) => Count(FsOperation.FileSystem, inner.FileSystem(path, out status));

    private Errno Count(FsOperation kind, Errno errno)
    {
        Interlocked.Increment(ref _operations[(int)kind]);
        return errno;
    }
}
