using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Fs;

/// <summary>What stands around each operation: numbers it, may crash somebody before or after it, and writes the history.</summary>
internal interface IOperations
{
    /// <summary>Before it; answers its number. May throw <see cref="PartyDied"/>.</summary>
    long Before(Party party, string operation, string path);

    /// <summary>After it; answers what the caller is told. May throw.</summary>
    Errno After(Party party, long number, string operation, string path, Errno errno);

    /// <summary>How long operations of this party take beyond the profile's latency.</summary>
    TimeSpan Slowness(Party party);

    /// <summary>The server restarts now.</summary>
    void CrashServer();

    /// <summary>A trouble began that the healing does not end.</summary>
    void Lasts(TimeSpan time);
}

/// <summary>
/// The simulated shared filesystem as one process sees it through its node's mount. Every call is an operation that takes virtual time, may be the point of
/// a crash, and may meet each fault of the catalogue. It answers errno values and throws nothing that the product knows.
/// </summary>
internal sealed partial class SimFs(Party party, Mount mount, FaultPlan faults, Dice dice, IOperations operations) : ISharedFs
{
    /// <summary>What one call reads or writes at most: a large file is never had in one piece.</summary>
    private const int TransferBytes = 64 * 1024;
    private static readonly FaultRow[] Denials = [FaultRow.W1, FaultRow.W2, FaultRow.W5, FaultRow.W6];
    private readonly Dictionary<int, Open> _open = [];
    private readonly Scheduler _scheduler = party.Scheduler;
    private int _handles;

    private sealed class Open(Inode inode, string path, byte[]? view)
    {
        public Inode Inode { get; } = inode;
        public string Path { get; } = path;
        /// <summary>What is read instead of the truth.</summary>
        public byte[]? View { get; } = view;
        public int At { get; set; }
        /// <summary>The client was evicted meanwhile: what it had not written is lost.</summary>
        public bool Broken { get; set; }
    }

    public uint UserId => 1000;

    private Errno Do(string operation, string path, Func<Errno> run)
    {
        var number = operations.Before(party, operation, path);
        party.Operations++;
        _scheduler.Sleep(TimeSpan.FromSeconds(mount.Profile.Latency * (0.5 + dice.Unit())) + operations.Slowness(party));
        faults.Where = path;
        Stumble();
        faults.Where = path;
        var errno = mount.Now();
        if (errno == Errno.NotMounted) errno = operation == "list" && path.LastIndexOf('/') == 0 ? Errno.None : Errno.ENOENT;
        else if (errno == Errno.None) errno = run();
        faults.Where = "";
        return operations.After(party, number, operation, path, errno);
    }

    /// <summary>Troubles of the client and of the server as a whole.</summary>
    private void Stumble()
    {
        const double rare = 0.1;
        if (dice.Chance(rare))
        {
            if (faults.Strikes(FaultRow.S1)) Hang();
            if (faults.Strikes(FaultRow.S2)) mount.Suffer(Errno.ENOTCONN, _scheduler.Now + Some(20));
            if (faults.Strikes(FaultRow.S3)) Evict();
            if (faults.Strikes(FaultRow.S5)) mount.Suffer(Errno.NotMounted, _scheduler.Now + Some(60));
            if (dice.Chance(rare) && faults.Strikes(FaultRow.S4)) operations.CrashServer();
        }
    }

    private void Hang()
    {
        var time = dice.Next(8) switch
        {
            < 5 => Some(10),
            < 7 => Some(600),
            _ => TimeSpan.FromHours(1) * Grid.Pace,
        };
        operations.Lasts(time);
        _scheduler.Sleep(time);
    }

    private TimeSpan Some(double seconds) => TimeSpan.FromSeconds(dice.Between(0, seconds) * Grid.Pace);

    private void Evict()
    {
        mount.Suffer(Errno.EIO, _scheduler.Now + Some(60));
        foreach (var open in _open.Values) open.Broken = true;
    }

    /// <summary>After a crash of the server nothing that was open is good any more.</summary>
    public void Break()
    {
        foreach (var open in _open.Values) open.Broken = true;
    }

    public Errno List(string directory, List<string> names) => Do("list", directory, () =>
    {
        var errno = mount.Find(directory, out var inode);
        if (errno != Errno.None) return errno;
        if (inode!.Kind != FileKind.Directory) return Errno.ENOTDIR;
        var first = names.Count;
        errno = mount.List(inode, names);
        return errno == Errno.None ? Spoil(names, first) : errno;
    });

    /// <summary>A readdir that is disturbed: names missed, seen twice, or an error half-way.</summary>
    private Errno Spoil(List<string> names, int first)
    {
        if (names.Count == first) return Errno.None;
        if (faults.Strikes(FaultRow.V3))
        {
            var cut = first + dice.Next(names.Count - first);
            names.RemoveRange(cut, names.Count - cut);
            return dice.Chance(0.5) ? Errno.EIO : Errno.None;
        }
        if (faults.Strikes(FaultRow.M3))
        {
            if (dice.Chance(0.5)) names.Add(names[first + dice.Next(names.Count - first)]);
            else names.RemoveAt(first + dice.Next(names.Count - first));
        }
        return Errno.None;
    }

    public Errno OpenRead(string path, out FsHandle handle)
    {
        var opened = default(FsHandle);
        var errno = Do("open", path, () =>
        {
            if (faults.Strikes(FaultRow.P2)) return dice.Chance(0.5) ? Errno.ESTALE : Errno.ENOENT;
            var found = mount.FindParent(path, out var directory, out var name);
            if (found != Errno.None) return found;
            mount.LookAgain(directory!, name);
            found = mount.Find(path, out var inode);
            if (found != Errno.None) return found;
            if (inode!.Kind == FileKind.SymbolicLink) return Errno.ELOOP;
            if (inode.Gone && mount.Profile.CachingBound > 0)
            {
                faults.Count(FaultRow.P2);
                return Errno.ESTALE;
            }
            mount.Files.Opened(inode);
            opened = Keep(new Open(inode, path, inode.Kind == FileKind.Regular ? Distort(directory!, inode) : null));
            return Errno.None;
        });
        handle = opened;
        return errno;
    }

    private FsHandle Keep(Open open)
    {
        _open[++_handles] = open;
        return new FsHandle(_handles);
    }

    /// <summary>What a reader sees instead of the truth; null for the truth. Other content comes from a file beside it, as when inode numbers are used again.</summary>
    private byte[]? Distort(Inode directory, Inode inode)
    {
        if (inode.Length == 0) return null;
        if (faults.Has(FaultRow.P1) || faults.Has(FaultRow.P3))
        {
            Inode? other = null;
            foreach (var sibling in Beside(directory))
                if (sibling != inode && sibling.Kind == FileKind.Regular && sibling.Length > 0 && Related(sibling.Name, inode.Name)) other = sibling;
            if (other is not null && faults.Strikes(FaultRow.P1)) return other.Bytes.ToArray();
            if (other is not null && faults.Strikes(FaultRow.P3)) return Mix(other.Bytes, inode.Bytes);
        }
        return faults.Strikes(FaultRow.P4) ? Tear(inode.Bytes) : null;
    }

    private static IEnumerable<Inode> Beside(Inode directory) =>
        directory.Parent?.Name == SpoolNames.Cache ? directory.Parent.Children.Values.SelectMany(part => part.Children.Values) : directory.Children.Values;

    /// <summary>Pages of another version come only from a file of the same kind.</summary>
    private static bool Related(string a, string b) => (SpoolNames.IsSha256(a) && SpoolNames.IsSha256(b)) || SameQueueFiles(a, b);

    private static bool SameQueueFiles(string a, string b) =>
        a.AsSpan(0, Math.Min(a.Length, 2)).SequenceEqual(b.AsSpan(0, Math.Min(b.Length, 2))) && a.EndsWith(".db", StringComparison.Ordinal);

    private byte[] Mix(ReadOnlySpan<byte> old, ReadOnlySpan<byte> now)
    {
        const int page = 4096;
        var mixed = now.ToArray();
        for (var at = 0; at < Math.Min(old.Length, now.Length); at += page)
            if (dice.Chance(0.5)) old[at..Math.Min(at + page, Math.Min(old.Length, now.Length))].CopyTo(mixed.AsSpan(at));
        return mixed;
    }

    private byte[] Tear(ReadOnlySpan<byte> bytes)
    {
        var torn = bytes.ToArray();
        switch (dice.Next(4))
        {
            case 0: return [];
            case 1: return torn[..dice.Next(torn.Length)];
            case 2:
                torn[Telling(torn)] ^= (byte)(1 << dice.Next(3));
                return torn;
            default:
                var from = dice.Next(torn.Length);
                torn.AsSpan(from, Math.Min(4096, torn.Length - from)).Clear();
                return torn;
        }
    }

    /// <summary>Most of a small database is empty: a bit that turns there shows nothing of a reader who does not check.</summary>
    private int Telling(byte[] bytes)
    {
        var told = bytes.Length - bytes.AsSpan().Count((byte)0);
        var left = dice.Next(Math.Max(1, told));
        var at = 0;
        while (told > 0 && (bytes[at] == 0 || left-- > 0)) at++;
        return at;
    }

    public Errno Read(FsHandle handle, Span<byte> buffer, out int count)
    {
        count = 0;
        if (!_open.TryGetValue(handle.Number, out var open)) return Errno.EBADF;
        var errno = Do("read", open.Path, () => open.Broken ? Errno.ESTALE
            : open.Inode.Kind == FileKind.Directory ? Errno.EISDIR
            : faults.Strikes(FaultRow.P2) ? Errno.ESTALE : Errno.None);
        if (errno != Errno.None) return errno;
        var from = open.View is { } view ? view.AsSpan() : mount.Files.BytesOf(open.Inode);
        if (open.At >= from.Length) return Errno.None;
        count = Math.Min(Math.Min(buffer.Length, TransferBytes), from.Length - open.At);
        from.Slice(open.At, count).CopyTo(buffer);
        open.At += count;
        return Errno.None;
    }

    public Errno Status(FsHandle handle, out FileStatus status)
    {
        status = default;
        if (!_open.TryGetValue(handle.Number, out var open)) return Errno.EBADF;
        status = StatusOf(open.Inode);
        if (open.View is { } view && dice.Chance(0.5)) status = status with { Size = view.Length };
        return open.Broken ? Errno.ESTALE : Errno.None;
    }

    public Errno Status(string path, out FileStatus status)
    {
        var told = default(FileStatus);
        var errno = Do("stat", path, () =>
        {
            var found = mount.Find(path, out var inode);
            if (found == Errno.None) told = StatusOf(inode!);
            return found;
        });
        status = told;
        return errno;
    }

    private FileStatus StatusOf(Inode inode)
    {
        var told = mount.Files.AttributesOf(inode);
        return new FileStatus(inode.Kind, told.Length, told.Mode, UserId, 1, (ulong)inode.Number);
    }

    public Errno FileSystem(string path, out FileSystemStatus status)
    {
        status = new FileSystemStatus(0, 1L << 40);
        return Do("statfs", path, () => Errno.None);
    }
}
