using System.Runtime.InteropServices;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// The C library as far as starting, ending and accounting for payloads needs it. Everything here has the same layout on
/// every 64-bit Linux; statx stands in for stat because stat's layout differs between architectures.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    /// <summary>RUSAGE_SELF.</summary>
    public const int Ourselves = 0;
    public const int NoSuchFile = 2, NoSuchProcess = 3, Interrupted = 4, NotExecutableFormat = 8, NoChild = 10, TryAgain = 11, OutOfMemory = 12, Denied = 13;
    public const int TextBusy = 26;
    public const int Kill = 9, Terminate = 15;
    public const int OpenWriteOnly = 1, OpenCreate = 0x40, OpenTruncate = 0x200, OpenAppend = 0x400, OpenNonBlocking = 0x800, OpenCloseOnExec = 0x80000;
    public const int NotADirectory = 20, TooManyLinks = 40;
    public const int DescriptorCloseOnExec = 1, SetDescriptorFlags = 2;
    public const short SpawnSetSignalDefaults = 0x04, SpawnSetSignalMask = 0x08, SpawnNewSession = 0x80;
    public const int WaitAll = 0x40000000;

    /// <summary>Of wait4: only the calling thread's children; and not to wait.</summary>
    public const int WaitOwn = 0x20000000, WaitNot = 1;
    public const int BecomeSubreaper = 36;
    public const int LockExclusive = 2, LockNonBlocking = 4;
    private const int CurrentDirectory = -100, DoNotFollow = 0x100, EmptyPath = 0x1000;

    /// <summary>O_DIRECTORY and O_NOFOLLOW, whose numbers are the architecture's own.</summary>
    private static readonly (int Directory, int NoFollow) OpenOnly =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm or Architecture.Ppc64le ? (0x4000, 0x8000) : (0x10000, 0x20000);
    private const uint BasicStatistics = 0x7ff;

    /// <summary>struct dirent of 64-bit Linux: number 8, offset 8, length 2, kind 1, then the name.</summary>
    private const int NameInEntry = 19;

    /// <summary>posix_spawnattr_t is 336 bytes and sigset_t 128 on glibc and musl; room to spare for others.</summary>
    public const int OpaqueBytes = 1024;

    [LibraryImport(Library)]
    public static partial int posix_spawn(int* processId, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_addopen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setsigmask(void* attributes, void* set);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, void* set);

    [LibraryImport(Library)]
    public static partial int sigemptyset(void* set);

    [LibraryImport(Library)]
    public static partial int sigfillset(void* set);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int wait4(int processId, int* status, int options, ResourceUse* use);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int processId, int signal);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    /// <summary>struct rlimit is two 64-bit numbers: soft and hard.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int prlimit(int processId, int resource, ulong* wanted, ulong* before);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(int descriptor, int operation);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int descriptor, byte* bytes, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int open(byte* path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(int directory, string path, int flags, uint mode);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint opendir(string path);

    [LibraryImport(Library)]
    private static partial byte* readdir(nint folder);

    [LibraryImport(Library)]
    private static partial int closedir(nint folder);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* result);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rmdir(string path);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int access(string path, int mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* realpath(string path, byte* result);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int truncate(string path, long length);

    [LibraryImport(Library)]
    public static partial int getrusage(int who, ResourceUse* use);

    [LibraryImport(Library)]
    private static partial int clock_gettime(int clock, long* time);

    /// <summary>CPU time of the calling thread.</summary>
    public static TimeSpan ThreadCpu()
    {
        const int ofThread = 3;
        var time = stackalloc long[2];
        return clock_gettime(ofThread, time) == 0 ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromTicks(time[1] / 100) : TimeSpan.Zero;
    }

    [LibraryImport(Library)]
    public static partial void free(void* memory);

    /// <summary>posix_spawn_file_actions_addchdir_np of glibc 2.29 and musl 1.1.24; null on older systems (RHEL 8 has glibc 2.28).</summary>
    public static readonly delegate* unmanaged<void*, byte*, int> AddChangeDirectory = FindAddChangeDirectory();

    /// <summary>What lies at the path itself, symbolic links not followed.</summary>
    public static FileFacts Look(string path)
    {
        Span<byte> text = stackalloc byte[System.Text.Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        text[System.Text.Encoding.UTF8.GetBytes(path, text)] = 0;
        var result = stackalloc byte[256];
        fixed (byte* name = text)
            return statx(CurrentDirectory, name, DoNotFollow, BasicStatistics, result) == 0 ? Read(result) : default;
    }

    /// <summary>What an open descriptor stands for.</summary>
    public static FileFacts Look(int descriptor)
    {
        var result = stackalloc byte[256];
        byte nothing = 0;
        return statx(descriptor, &nothing, EmptyPath, BasicStatistics, result) == 0 ? Read(result) : default;
    }

    /// <summary>
    /// Opens one name for reading: in an open directory, or an absolute path without one (-1). A link in its last component is not followed, and a
    /// FIFO's writer is not waited for. Answers the descriptor, or minus errno.
    /// </summary>
    public static int OpenConfined(int directory, string name, bool asDirectory)
    {
        var flags = OpenCloseOnExec | OpenNonBlocking | OpenOnly.NoFollow | (asDirectory ? OpenOnly.Directory : 0);
        var descriptor = openat(directory < 0 ? CurrentDirectory : directory, name, flags, 0);
        return descriptor >= 0 ? descriptor : -Marshal.GetLastPInvokeError();
    }

    /// <summary>How many entries a folder has, counted up to so many; 0 when it cannot be read.</summary>
    public static int CountEntries(string path, int atMost)
    {
        var folder = opendir(path);
        if (folder == 0) return 0;
        var count = 0;
        while (count < atMost && readdir(folder) is var entry && entry != null)
            if (MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameInEntry) is not ([(byte)'.'] or [(byte)'.', (byte)'.'])) count++;
        _ = closedir(folder);
        return count;
    }

    /// <summary>struct statx: mode at 28, size at 40, blocks at 48, changed at 112 (seconds, then nanoseconds).</summary>
    private static FileFacts Read(byte* result)
    {
        var kind = (*(ushort*)(result + 28) & 0xf000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.Link,
            _ => FileKind.Other,
        };
        return new FileFacts(kind, *(long*)(result + 40), *(ushort*)(result + 28) & 0xfff, *(uint*)(result + 16))
        {
            Allocated = *(long*)(result + 48) * 512,
            ChangedAt = DateTimeOffset.UnixEpoch.AddSeconds(*(long*)(result + 112)).AddTicks(*(uint*)(result + 120) / 100),
        };
    }

    /// <summary>An error number in words.</summary>
    public static string Say(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>Of mallopt: the number of arenas, and from how many free bytes on memory goes back to the system.</summary>
    public const int ArenasAtMost = -8, TrimThreshold = -1;

    /// <summary>mallopt, where the C library has it: glibc does, musl keeps nothing back.</summary>
    public static void TuneMalloc(int parameter, int value)
    {
        if (!NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "mallopt", out var found)) return;
        _ = ((delegate* unmanaged<int, int, int>)found)(parameter, value);
    }

    private static delegate* unmanaged<void*, byte*, int> FindAddChangeDirectory() =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addchdir_np", out var address)
            ? (delegate* unmanaged<void*, byte*, int>)address
            : null;
}

/// <summary>struct rusage, the same on every 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ResourceUse
{
    public long UserSeconds, UserMicroseconds, SystemSeconds, SystemMicroseconds;
    public long MaxRssKib;
    private fixed long _others[13];

    public readonly double CpuSeconds => UserSeconds + SystemSeconds + (UserMicroseconds + SystemMicroseconds) / 1e6;
}

/// <summary>What lies at a path.</summary>
internal enum FileKind
{
    Nothing,
    Regular,
    Directory,
    Link,
    Other,
}

/// <param name="Kind">Nothing when the path does not exist or cannot be reached.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Permission bits with set-uid, set-gid and sticky.</param>
/// <param name="Links">Hard links.</param>
internal readonly record struct FileFacts(FileKind Kind, long Size, int Mode, uint Links)
{
    /// <summary>Bytes on the disk, holes not counted.</summary>
    public long Allocated { get; init; }
    public DateTimeOffset ChangedAt { get; init; }
}
