using System.Runtime.InteropServices;
using System.Text;

namespace HpcGrid.Spool;

/// <summary>
/// <see cref="ISharedFs"/> on libc. Not System.IO: File.Move copies on EXDEV, FileStream takes locks, close errors are swallowed
/// and directories cannot be fsynced there (DESIGN 7). It absorbs what is the kernel's alone: EINTR, the umask, d_name.
/// It holds no state and may be used from several threads.
/// </summary>
public sealed unsafe class PosixFs : ISharedFs
{
    // struct dirent of 64-bit Linux: d_ino 8, d_off 8, d_reclen 2, d_type 1, then the name.
    private const int NameOffset = 19;
    private const int PermissionBits = 0xfff;
    private const int KindBits = 0xf000;
    private const int GroupBits = 0x38;

    public uint UserId { get; } = Libc.UserId();

    public Errno List(string directory, List<string> names)
    {
        var stream = Libc.OpenDirectory(directory);
        if (stream == 0) return Failure();
        try
        {
            while (Libc.ReadDirectory(stream) is var entry && entry != null)
                if (NameOf(entry) is { } name) names.Add(name);
            return Failure();
        }
        finally { _ = Libc.CloseDirectory(stream); }
    }

    // A name that is no UTF-8 can't be one of ours and could not be opened under the decoded text; it shows up with U+FFFD as foreign.
    private static string? NameOf(byte* entry)
    {
        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
        return name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) ? null : Encoding.UTF8.GetString(name);
    }

    public Errno OpenRead(string path, out FsHandle handle) =>
        Open(path, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking | Libc.CloseOnExec, 0, out handle);

    public Errno CreateExclusive(string path, int mode, out FsHandle handle)
    {
        var errno = Open(path, Libc.WriteOnly | Libc.Create | Libc.Exclusive | Libc.NoFollow | Libc.CloseOnExec, mode, out handle);
        if (errno != Errno.None || (mode & GroupBits) == 0 || Libc.ChangeMode(handle.Number, mode) == 0) return errno;
        errno = Failure();
        _ = Libc.Close(handle.Number);
        _ = Libc.Unlink(path);
        return errno;
    }

    private static Errno Open(string path, int flags, int mode, out FsHandle handle)
    {
        int descriptor;
        do descriptor = Libc.Open(path, flags, mode);
        while (descriptor < 0 && Failure() == Errno.EINTR);
        handle = new FsHandle(descriptor);
        return descriptor < 0 ? Failure() : Errno.None;
    }

    public Errno Read(FsHandle handle, Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            nint done;
            do done = Libc.Read(handle.Number, start, (nuint)buffer.Length);
            while (done < 0 && Failure() == Errno.EINTR);
            count = (int)Math.Max(0, done);
            return done < 0 ? Failure() : Errno.None;
        }
    }

    public Errno Write(FsHandle handle, ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            nint done;
            do done = Libc.Write(handle.Number, start, (nuint)bytes.Length);
            while (done < 0 && Failure() == Errno.EINTR);
            count = (int)Math.Max(0, done);
            return done < 0 ? Failure() : Errno.None;
        }
    }

    public Errno Sync(FsHandle handle) => Answer(Libc.Sync(handle.Number));

    // EINTR of close: Linux has released the descriptor all the same; closing again could hit another thread's file.
    public Errno Close(FsHandle handle) => Answer(Libc.Close(handle.Number)) is var errno && errno == Errno.EINTR ? Errno.None : errno;

    public Errno SyncDirectory(string directory)
    {
        var errno = Open(directory, Libc.ReadOnly | Libc.OnlyDirectory | Libc.CloseOnExec, 0, out var handle);
        if (errno != Errno.None) return errno;
        errno = Answer(Libc.Sync(handle.Number));
        _ = Libc.Close(handle.Number);
        // EINVAL: the filesystem has no such thing (some FUSE ones) and keeps its own promises about names.
        return errno == Errno.EINVAL ? Errno.None : errno;
    }

    public Errno Rename(string from, string to) => Answer(Libc.Rename(from, to));

    public Errno Link(string from, string to) => Answer(Libc.Link(from, to));

    public Errno Unlink(string path) => Answer(Libc.Unlink(path));

    public Errno MakeDirectory(string path, int mode)
    {
        var errno = Answer(Libc.MakeDirectory(path, mode));
        return errno == Errno.None && (mode & GroupBits) != 0 ? Answer(Libc.ChangeMode(path, mode)) : errno;
    }

    public Errno RemoveDirectory(string path) => Answer(Libc.RemoveDirectory(path));

    public Errno Status(string path, out FileStatus status) => Status(Libc.AtCurrentDirectory, path, Libc.AtSymlinkNoFollow, out status);

    public Errno Status(FsHandle handle, out FileStatus status) => Status(handle.Number, "", Libc.AtEmptyPath, out status);

    private static Errno Status(int descriptor, string path, int flags, out FileStatus status)
    {
        Libc.Statx raw;
        status = default;
        if (Libc.Status(descriptor, path, flags, Libc.StatxBasic, &raw) != 0) return Failure();
        var kind = (raw.Mode & KindBits) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.SymbolicLink,
            _ => FileKind.Other,
        };
        status = new FileStatus(kind, (long)raw.Size, raw.Mode & PermissionBits, raw.UserId, raw.Device, raw.Inode);
        return Errno.None;
    }

    public Errno FileSystem(string path, out FileSystemStatus status)
    {
        Libc.StatFs raw;
        status = default;
        if (Libc.FileSystem(path, &raw) != 0) return Failure();
        status = new FileSystemStatus(raw.Type, (long)UInt128.Min(long.MaxValue, (UInt128)raw.BlocksAvailable * (ulong)raw.BlockSize));
        return Errno.None;
    }

    private static Errno Answer(int result) => result == 0 ? Errno.None : Failure();

    private static Errno Failure() => (Errno)Marshal.GetLastPInvokeError();
}
