namespace HpcGrid.Spool;

/// <summary>
/// Quarantine and removal (F5, B2, G1). Nothing is deleted whose content somebody could still need: foreign files keep their bytes in
/// corrupt/, an agent's directory goes only when the caller's ledger has everything. Every call may be cut short and repeated.
/// </summary>
public sealed class SpoolSweep(SpoolRoot root, long epoch, NonceSource nonces)
{
    private const int DeepestTree = 4;
    private readonly ISharedFs _fs = root.Fs;
    private readonly SpoolLayout _layout = root.Layout;

    /// <summary>Moves a foreign file out of a pool directory; which one is found by looking.</summary>
    public Errno QuarantineOffer(string fileName)
    {
        var errno = Errno.ENOENT;
        for (var shard = 0; shard < _layout.Shards && errno == Errno.ENOENT; shard++) errno = Quarantine(_layout.Shard(shard), fileName);
        return errno;
    }

    private Errno Quarantine(string directory, string fileName)
    {
        if (fileName.Contains('/', StringComparison.Ordinal) || fileName is "" or "." or "..") return Errno.EINVAL;
        return _fs.Rename(SpoolLayout.Join(directory, fileName), SpoolLayout.Join(_layout.Corrupt, SpoolNames.Quarantined(nonces(), fileName)));
    }

    /// <summary>B2: unlinks temporary files that bridges of lower generations left in the pool, the cache and the other common directories.</summary>
    public Errno RemoveOldTemporaries()
    {
        var errno = Errno.None;
        var directories = new List<string>(_layout.Directories) { _layout.Root };
        var parts = new List<string>();
        if (_fs.List(_layout.Cache, parts) == Errno.None)
            directories.AddRange(parts.Where(part => part.Length == 2).Select(part => SpoolLayout.Join(_layout.Cache, part)));
        foreach (var directory in directories)
        {
            var names = new List<string>();
            var listed = _fs.List(directory, names);
            if (listed != Errno.None && !listed.IsAbsent()) errno = listed;
            foreach (var name in names)
                if (SpoolNames.TryParseTemporary(name, out var writer) && writer < epoch)
                    errno = First(errno, _fs.Unlink(SpoolLayout.Join(directory, name)));
        }
        return errno;
    }

    /// <summary>
    /// Removes all of an agent: after its batch job has ended, every final is committed and every unfinished row offered again. What a zombie
    /// adds meanwhile makes the answer ENOTEMPTY; sweep it and try again.
    /// </summary>
    public Errno RemoveAgent(string agent)
    {
        if (!AgentName.IsWellFormed(agent)) return Errno.EINVAL;
        var errno = RemoveTree(_layout.Agent(agent), DeepestTree);
        return errno == Errno.None ? RemoveHeartbeats(_layout.HeartbeatsOf(agent), name => name == agent) : errno;
    }

    /// <summary>Removes heartbeats of agents that have no directory: they died while entering. One that still enters makes a new one.</summary>
    public Errno RemoveHeartbeatsBut(IReadOnlySet<string> agents)
    {
        var errno = Errno.None;
        foreach (var directory in _layout.HeartbeatShards) errno = First(errno, RemoveHeartbeats(directory, name => !agents.Contains(name)));
        return errno;
    }

    private Errno RemoveHeartbeats(string directory, Func<string, bool> ofAgent)
    {
        var names = new List<string>();
        var errno = _fs.List(directory, names);
        foreach (var name in names.Where(name => HeartbeatName.TryParse(name, out var beat) && ofAgent(beat.Agent)))
            errno = First(errno, _fs.Unlink(SpoolLayout.Join(directory, name)));
        return errno;
    }

    /// <summary>Removes what an agent left that died while entering; the name is one of <see cref="BridgeAgents.ListEntering"/>.</summary>
    public Errno RemoveNewAgent(string name) =>
        SpoolNames.TryParseNewAgent(name, out _) ? RemoveTree(SpoolLayout.Join(_layout.Agents, name), DeepestTree) : Errno.EINVAL;

    // Links are unlinked, never followed: lstat tells them from directories.
    private Errno RemoveTree(string directory, int depth)
    {
        var names = new List<string>();
        var errno = _fs.List(directory, names);
        if (errno != Errno.None) return errno.IsAbsent() ? Errno.None : errno;
        foreach (var name in names) errno = First(errno, Remove(SpoolLayout.Join(directory, name), depth));
        return First(errno, _fs.RemoveDirectory(directory));
    }

    private Errno Remove(string path, int depth)
    {
        var errno = _fs.Status(path, out var status);
        if (errno != Errno.None) return errno;
        if (status.Kind != FileKind.Directory) return _fs.Unlink(path);
        return depth > 0 ? RemoveTree(path, depth - 1) : Errno.ENOTEMPTY;
    }

    private static Errno First(Errno before, Errno now) => before != Errno.None || now.IsAbsent() ? before : now;
}
