using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// An opened spool: its layout, its sentinel and the filesystem below. Nothing is created anywhere unless the sentinel was seen a
/// moment before: on an unmounted filesystem everything would go to the node's own disk, and be lost there (PROTOCOL 3).
/// Safe for several threads when the filesystem is.
/// </summary>
public sealed class SpoolRoot
{
    // What was seen is wider than a word: another thread must find the old one or the new one, never half of each.
    private volatile SeenSentinel? _seen;
    private TimeProvider? _time;

    private SpoolRoot(ISharedFs fs, SpoolLayout layout, SpoolSentinel sentinel, SpoolSharing sharing)
    {
        Fs = fs;
        Layout = layout;
        Sentinel = sentinel;
        Sharing = sharing;
    }

    public ISharedFs Fs { get; }
    public SpoolLayout Layout { get; }
    public SpoolSentinel Sentinel { get; }
    public SpoolSharing Sharing { get; }

    /// <summary>
    /// Makes a spool where there is none and opens it; opens what is there already (then the other arguments count for nothing).
    /// The sentinel comes last: what a crash leaves before it is finished by the next call. The parent directory must exist. GridError.
    /// </summary>
    public static SpoolRoot Create(ISharedFs fs, string root, SpoolSharing sharing, int shards, Guid clusterId, NonceSource nonces)
    {
        var path = Normal(root);
        var sentinel = new SpoolSentinel(clusterId, shards);
        if (shards is < 1 or > Limits.Shards) throw GridError.Invalid($"{shards} shards: 1 to {Limits.Shards} are possible");
        var layout = new SpoolLayout(path, shards);
        var errno = fs.MakeDirectory(path, SpoolPermissions.DirectoryMode(sharing));
        if (errno is not (Errno.None or Errno.EEXIST)) throw errno.ToGridError($"creating {path}");
        SpoolPermissions.Check(fs, path);
        if (fs.Status(layout.Sentinel, out _) == Errno.None)
        {
            // A spool of an earlier version lacks what came later.
            MakeDirectories(fs, new SpoolLayout(path, ReadSentinel(fs, layout.Sentinel).Shards), SpoolPermissions.Check(fs, path));
            return Open(fs, path);
        }
        MakeDirectories(fs, layout, sharing);
        errno = new Publisher(new SpoolRoot(fs, layout, sentinel, sharing), nonces, null).PublishSentinel(sentinel.Encode());
        return errno == Errno.None ? Open(fs, path) : throw errno.ToGridError($"writing {layout.Sentinel}");
    }

    private static void MakeDirectories(ISharedFs fs, SpoolLayout layout, SpoolSharing sharing)
    {
        foreach (var directory in layout.Directories)
        {
            var errno = fs.MakeDirectory(directory, SpoolPermissions.DirectoryMode(sharing));
            if (errno is not (Errno.None or Errno.EEXIST)) throw errno.ToGridError($"creating {directory}");
        }
    }

    /// <summary>Opens a spool after checking permissions, directories and sentinel. GridError: NotFound, Denied, Corrupt, Unavailable.</summary>
    public static SpoolRoot Open(ISharedFs fs, string root)
    {
        var path = Normal(root);
        var sharing = SpoolPermissions.Check(fs, path);
        var sentinel = ReadSentinel(fs, new SpoolLayout(path, 1).Sentinel);
        var layout = new SpoolLayout(path, sentinel.Shards);
        foreach (var directory in layout.Directories)
            if (SpoolPermissions.CheckDirectory(fs, directory) != sharing)
                throw GridError.Denied($"{directory} is not shared as {path} is", $"chmod it to the mode of {path}");
        return new SpoolRoot(fs, layout, sentinel, sharing);
    }

    /// <summary>The same spool for one who publishes much at a time: its sentinel counts as seen for <see cref="Limits.SentinelRemembered"/>.</summary>
    public SpoolRoot Remembering(TimeProvider time) => new(Fs, Layout, Sentinel, Sharing) { _time = time };

    /// <summary>
    /// None when this very spool is mounted. Usually one lstat, or none where it was seen a moment ago; the line is read again whenever the file is not the
    /// one last read. NotMounted otherwise, or the error of looking.
    /// </summary>
    public Errno CheckMounted()
    {
        if (_time is null || _seen is not { } seen) return LookForSentinel();
        return _time.GetElapsedTime(seen.At) < Limits.SentinelRemembered ? Errno.None : LookForSentinel();
    }

    private Errno LookForSentinel()
    {
        // Before the look: what it shows is no younger.
        var now = _time?.GetTimestamp() ?? 0;
        var errno = Fs.Status(Layout.Sentinel, out var status);
        if (errno.IsAbsent() || errno == Errno.ENOTDIR) return Errno.NotMounted;
        if (errno != Errno.None) return errno;
        if (_seen?.Status != status)
        {
            errno = SpoolFile.Read(Fs, Layout.Sentinel, Limits.SentinelBytes, out var bytes);
            if (errno != Errno.None) return errno.IsAbsent() ? Errno.NotMounted : errno;
            if (!bytes.AsSpan().SequenceEqual(Sentinel.Encode())) return Errno.NotMounted;
        }
        _seen = new SeenSentinel(status, now);
        return Errno.None;
    }

    /// <summary>Creates one directory after the sentinel was looked for, however short ago it was seen: nothing else would fail on an unmounted filesystem.</summary>
    /// <returns>EEXIST counts as done.</returns>
    public Errno MakeDirectory(string path)
    {
        var errno = LookForSentinel();
        if (errno != Errno.None) return errno;
        errno = Fs.MakeDirectory(path, SpoolPermissions.DirectoryMode(Sharing));
        return errno == Errno.EEXIST ? Errno.None : errno;
    }

    /// <summary>
    /// Makes the directories of the layout that are gone: a server that crashed while the spool was made may have lost them, or somebody tidied up. Without
    /// one of them no agent enters. None: all are there.
    /// </summary>
    public Errno MakeMissingDirectories()
    {
        foreach (var directory in Layout.Directories)
            if (MakeDirectory(directory) is var errno && errno != Errno.None) return errno;
        return Errno.None;
    }

    private sealed record SeenSentinel(FileStatus Status, long At);

    private static SpoolSentinel ReadSentinel(ISharedFs fs, string path) =>
        SpoolFile.Read(fs, path, Limits.SentinelBytes, out var bytes) switch
        {
            Errno.None => SpoolSentinel.Decode(bytes),
            var errno when errno.IsAbsent() => throw Errno.NotMounted.ToGridError($"opening the spool at {SpoolLayout.ParentOf(path)}"),
            var errno => throw errno.ToGridError($"reading {path}"),
        };

    private static string Normal(string root)
    {
        var path = root.TrimEnd('/');
        return path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal)
            ? path
            : throw GridError.Invalid($"'{root}' cannot be a spool's directory", "Give an absolute path, for instance /lustre/project/grid/spool.");
    }
}
