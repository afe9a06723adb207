namespace HpcGrid.Spool;

/// <summary>An open file of an <see cref="ISharedFs"/>; good only with the instance that gave it, until it is closed.</summary>
public readonly record struct FsHandle(int Number);

/// <summary>What kind of thing a name stands for.</summary>
public enum FileKind { Regular, Directory, SymbolicLink, Other }

/// <summary>What lstat and fstat tell. There is no time among it on purpose: no rule may use one (PROTOCOL 1).</summary>
/// <param name="Kind">A symbolic link is reported as such, never followed.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Permission bits with set-uid, set-gid and sticky (octal 07777).</param>
/// <param name="UserId">Its owner.</param>
/// <param name="Device">The mount's number on this machine.</param>
/// <param name="Inode">Its number on this mount.</param>
public readonly record struct FileStatus(FileKind Kind, long Size, int Mode, uint UserId, ulong Device, ulong Inode);

/// <summary>What statfs tells.</summary>
/// <param name="Magic">The filesystem type's magic number.</param>
/// <param name="FreeBytes">Bytes an ordinary user can still write.</param>
public readonly record struct FileSystemStatus(long Magic, long FreeBytes);

/// <summary>
/// The few calls that the spool protocol is made of (PROTOCOL 7.1). Every call answers an errno and throws nothing, because most
/// answers are ordinary on a shared filesystem. Two implementations: <see cref="PosixFs"/> (libc) and the simulator's.
/// Any thread may call. Paths are absolute. No call follows a symbolic link in the last component.
/// </summary>
public interface ISharedFs
{
    /// <summary>The account that owns what this process creates.</summary>
    uint UserId { get; }

    /// <summary>A fresh opendir+readdir: adds the names (without "." and "..") in any order. After an error the names are incomplete.</summary>
    Errno List(string directory, List<string> names);

    /// <summary>Opens for reading, without following a link and without waiting for a FIFO's writer.</summary>
    Errno OpenRead(string path, out FsHandle handle);

    /// <summary>Creates for writing; EEXIST when the name is taken. The mode is set whatever the umask says.</summary>
    Errno CreateExclusive(string path, int mode, out FsHandle handle);

    /// <summary>Reads up to the buffer's length; 0 bytes is the end of the file.</summary>
    Errno Read(FsHandle handle, Span<byte> buffer, out int count);

    /// <summary>Writes some of the bytes; short writes are ordinary.</summary>
    Errno Write(FsHandle handle, ReadOnlySpan<byte> bytes, out int count);

    /// <summary>fsync. After an error the descriptor's pages may be marked clean: never ask again, write a new file (PROTOCOL 3).</summary>
    Errno Sync(FsHandle handle);

    /// <summary>Status of the open file.</summary>
    Errno Status(FsHandle handle, out FileStatus status);

    /// <summary>Closes; some filesystems report lost writes only here. The handle is gone in any case.</summary>
    Errno Close(FsHandle handle);

    /// <summary>fsync of a directory: makes the names in it survive a crash of the server.</summary>
    Errno SyncDirectory(string directory);

    /// <summary>rename(2), nothing else: EXDEV is answered, never worked around by copying.</summary>
    Errno Rename(string from, string to);

    /// <summary>link(2): some filesystems lack it, some lie (facts/shared-fs.md 1); only the self-test of a filesystem uses it.</summary>
    Errno Link(string from, string to);

    Errno Unlink(string path);

    /// <summary>Creates one directory. The mode is set whatever the umask says.</summary>
    Errno MakeDirectory(string path, int mode);

    Errno RemoveDirectory(string path);

    /// <summary>lstat.</summary>
    Errno Status(string path, out FileStatus status);

    /// <summary>statfs of the filesystem that holds the path.</summary>
    Errno FileSystem(string path, out FileSystemStatus status);
}
