using System.IO.Abstractions;

namespace HpcGrid.Simulate.Parties;

/// <summary>
/// The login node's own disk, on which inputs are staged: real files in memory, written at once. A file stream's asynchronous calls go through the thread
/// pool, and what another thread does is no seed's choice. Times of files are virtual, because eviction goes by them.
/// </summary>
internal sealed class SimDisk : FileSystemBase
{
    public SimDisk(TimeProvider clock)
    {
        Real = new FileSystem();
        File = new AtOnceFiles(Real, clock);
    }

    private FileSystem Real { get; }

    public override IFile File { get; }
    public override IDirectory Directory => Real.Directory;
    public override IFileInfoFactory FileInfo => Real.FileInfo;
    public override IFileStreamFactory FileStream => Real.FileStream;
    public override IPath Path => Real.Path;
    public override IDirectoryInfoFactory DirectoryInfo => Real.DirectoryInfo;
    public override IDriveInfoFactory DriveInfo => Real.DriveInfo;
    public override IFileSystemWatcherFactory FileSystemWatcher => Real.FileSystemWatcher;

    private sealed class AtOnceFiles(IFileSystem files, TimeProvider clock) : FileWrapper(files)
    {
        public override Stream Open(string path, FileMode mode, FileAccess access, FileShare share) => new AtOnceStream(base.Open(path, mode, access, share));

        public override Stream OpenRead(string path) => new AtOnceStream(base.OpenRead(path));

        public override void Move(string sourceFileName, string destFileName, bool overwrite)
        {
            base.Move(sourceFileName, destFileName, overwrite);
            SetLastWriteTimeUtc(destFileName, clock.GetUtcNow().UtcDateTime);
        }
    }
}

/// <summary>A stream whose asynchronous calls are done when they return.</summary>
internal sealed class AtOnceStream(Stream inner) : Stream
{
    public override bool CanRead => inner.CanRead;
    public override bool CanSeek => inner.CanSeek;
    public override bool CanWrite => inner.CanWrite;
    public override long Length => inner.Length;
    public override long Position { get => inner.Position; set => inner.Position = value; }
    public override void Flush() => inner.Flush();
    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);
    public override void SetLength(long value) => inner.SetLength(value);
    public override int Read(Span<byte> buffer) => inner.Read(buffer);
    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
    public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer);
    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(inner.Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(inner.Read(buffer, offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        inner.Write(buffer.Span);
        return default;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        inner.Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        inner.Flush();
        return Task.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
