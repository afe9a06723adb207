using HpcGrid.Spool;

namespace HpcGrid.Simulate.Mutants;

/// <summary>A filesystem that passes everything on; mutants change a call or two.</summary>
internal class PassingFs(ISharedFs inner) : ISharedFs
{
    protected ISharedFs Inner { get; } = inner;

    public uint UserId => Inner.UserId;

    public virtual Errno List(string directory, List<string> names) => Inner.List(directory, names);

    public virtual Errno OpenRead(string path, out FsHandle handle) => Inner.OpenRead(path, out handle);

    public virtual Errno CreateExclusive(string path, int mode, out FsHandle handle) => Inner.CreateExclusive(path, mode, out handle);

    public virtual Errno Read(FsHandle handle, Span<byte> buffer, out int count) => Inner.Read(handle, buffer, out count);

    public Errno Write(FsHandle handle, ReadOnlySpan<byte> bytes, out int count) => Inner.Write(handle, bytes, out count);

    public Errno Sync(FsHandle handle) => Inner.Sync(handle);

    public virtual Errno Status(FsHandle handle, out FileStatus status) => Inner.Status(handle, out status);

    public virtual Errno Close(FsHandle handle) => Inner.Close(handle);

    public Errno SyncDirectory(string directory) => Inner.SyncDirectory(directory);

    public virtual Errno Rename(string from, string to) => Inner.Rename(from, to);

    public Errno Link(string from, string to) => Inner.Link(from, to);

    public virtual Errno Unlink(string path) => Inner.Unlink(path);

    public Errno MakeDirectory(string path, int mode) => Inner.MakeDirectory(path, mode);

    public Errno RemoveDirectory(string path) => Inner.RemoveDirectory(path);

    public Errno Status(string path, out FileStatus status) => Inner.Status(path, out status);

    public Errno FileSystem(string path, out FileSystemStatus status) => Inner.FileSystem(path, out status);

    /// <summary>The last component of a path.</summary>
    protected static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>A claiming rename: from the pool into a claim directory.</summary>
    protected static bool IsClaim(string from, string to) =>
        from.Contains("/pool/", StringComparison.Ordinal) && to.Contains("/claim/", StringComparison.Ordinal);
}
