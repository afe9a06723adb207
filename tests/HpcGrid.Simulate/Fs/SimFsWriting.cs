using HpcGrid.Spool;

namespace HpcGrid.Simulate.Fs;

/// <summary>The half of <see cref="SimFs"/> that changes something.</summary>
internal sealed partial class SimFs
{
    /// <summary>A refusal that the catalogue has for writing: full, over quota, read-only, denied.</summary>
    private Errno Denied()
    {
        foreach (var row in Denials)
            if (faults.Strikes(row)) return Of(row);
        return Errno.None;
    }

    private static Errno Of(FaultRow row) => row switch
    {
        FaultRow.W1 => Errno.ENOSPC,
        FaultRow.W2 => Errno.EDQUOT,
        FaultRow.W5 => Errno.EROFS,
        _ => Errno.EACCES,
    };

    public Errno CreateExclusive(string path, int mode, out FsHandle handle)
    {
        var opened = default(FsHandle);
        var errno = Do("create", path, () =>
        {
            var denied = Denied();
            if (denied != Errno.None) return denied;
            var found = mount.FindParent(path, out var directory, out var name);
            if (found != Errno.None) return found;
            if (directory!.Children.ContainsKey(name)) return Errno.EEXIST;
            if (faults.Strikes(FaultRow.X1))
            {
                // The file is there, and nobody was told that it is his.
                if (dice.Chance(0.5)) Add(directory, name, FileKind.Regular, mode);
                return Errno.EEXIST;
            }
            opened = Keep(new Open(Add(directory, name, FileKind.Regular, mode), path, null));
            return Errno.None;
        });
        handle = opened;
        return errno;
    }

    private Inode Add(Inode directory, string name, FileKind kind, int mode)
    {
        var inode = mount.Server.Add(directory, name, kind, mode);
        Own(directory, name, inode);
        return inode;
    }

    private void Own(Inode directory, string name, Inode? inode)
    {
        mount.Remember(directory, name, inode, TimeSpan.FromSeconds((inode is null ? mount.Profile.Negative : mount.Profile.Positive) * Grid.Pace * dice.Unit()));
        mount.Changed(directory);
    }

    public Errno Write(FsHandle handle, ReadOnlySpan<byte> bytes, out int count)
    {
        count = 0;
        if (!_open.TryGetValue(handle.Number, out var open)) return Errno.EBADF;
        var most = Math.Min(bytes.Length, TransferBytes);
        var errno = Do("write", open.Path, () =>
        {
            if (open.Broken) return Errno.EIO;
            if (faults.Strikes(FaultRow.W3)) most = 1 + dice.Next(most);
            return Denied();
        });
        if (errno != Errno.None) return errno;
        open.Inode.Append(bytes[..most]);
        mount.Files.Wrote(open.Inode);
        count = most;
        return Errno.None;
    }

    public Errno Sync(FsHandle handle)
    {
        if (!_open.TryGetValue(handle.Number, out var open)) return Errno.EBADF;
        return Do("fsync", open.Path, () =>
        {
            if (open.Broken || faults.Strikes(FaultRow.W4)) return Errno.EIO;
            var denied = Denied();
            if (denied == Errno.None) open.Inode.Synced = open.Inode.Length;
            return denied;
        });
    }

    public Errno Close(FsHandle handle)
    {
        if (!_open.Remove(handle.Number, out var open)) return Errno.EBADF;
        return Do("close", open.Path, () => open.Broken ? Errno.EIO : faults.Strikes(FaultRow.P2) ? Errno.ESTALE : Denied());
    }

    public Errno SyncDirectory(string directory) => Do("fsyncdir", directory, () =>
    {
        var found = mount.Find(directory, out _);
        if (found != Errno.None) return found;
        if (faults.Strikes(FaultRow.W4)) return Errno.EIO;
        mount.Server.Commit();
        return Errno.None;
    });

    public Errno Rename(string from, string to) => Do("rename", $"{from} -> {to[(to.LastIndexOf('/') + 1)..]}", () =>
    {
        if (faults.Strikes(FaultRow.R5)) return Errno.EXDEV;
        if (faults.Strikes(FaultRow.R2)) return Errno.None;
        if (faults.Strikes(FaultRow.R3))
        {
            // The request lies in a queue: it is executed after others, whatever the client was told.
            _scheduler.At(Some(5), () => Move(from, to));
            return dice.Chance(0.5) ? Errno.ETIMEDOUT : Errno.EIO;
        }
        var errno = Move(from, to);
        if (errno != Errno.None) return errno;
        // A retransmission that the server does not recognise is executed again, much later.
        if (faults.Strikes(FaultRow.R4)) _scheduler.At(Some(100), () => Move(from, to));
        return faults.Strikes(FaultRow.R1) ? dice.Pick([Errno.EIO, Errno.ETIMEDOUT, Errno.ENOENT, Errno.EEXIST]) : Errno.None;
    });

    private Errno Move(string from, string to)
    {
        var errno = mount.FindParent(from, out var source, out var name);
        if (errno == Errno.None) errno = mount.FindParent(to, out var target, out var newName);
        else return errno;
        if (errno != Errno.None) return errno;
        mount.FindParent(to, out var directory, out var final);
        if (!source!.Children.TryGetValue(name, out var moved)) return Errno.ENOENT;
        if (directory!.Children.TryGetValue(final, out var there))
        {
            if (there == moved) return Errno.None;
            if (there.Kind == FileKind.Directory) return there.Children.Count > 0 ? Errno.ENOTEMPTY : Errno.EEXIST;
        }
        mount.Server.Rename(source, name, directory, final);
        Own(source, name, null);
        Own(directory, final, moved);
        return Errno.None;
    }

    public Errno Link(string from, string to) => Do("link", $"{from} -> {to[(to.LastIndexOf('/') + 1)..]}", () =>
    {
        if (faults.Strikes(FaultRow.L3)) return Errno.EOPNOTSUPP;
        if (faults.Strikes(FaultRow.L2)) return Errno.EEXIST;
        if (faults.Strikes(FaultRow.L1)) return Errno.None;
        var errno = mount.Find(from, out var inode);
        if (errno == Errno.None) errno = mount.FindParent(to, out var directory, out var name);
        else return errno;
        if (errno != Errno.None) return errno;
        mount.FindParent(to, out var parent, out var last);
        if (parent!.Children.ContainsKey(last)) return Errno.EEXIST;
        // A second name of the same bytes: nothing in the product follows link counts.
        var linked = Add(parent, last, inode!.Kind, inode.Mode);
        linked.Append(inode.Bytes);
        linked.Synced = inode.Synced;
        return Errno.None;
    });

    public Errno Unlink(string path) => Do("unlink", path, () =>
    {
        var errno = mount.FindParent(path, out var directory, out var name);
        if (errno != Errno.None) return errno;
        if (!directory!.Children.TryGetValue(name, out var inode)) return Errno.ENOENT;
        if (inode.Kind == FileKind.Directory) return Errno.EISDIR;
        mount.Server.Unlink(directory, name);
        Own(directory, name, null);
        return Errno.None;
    });

    public Errno MakeDirectory(string path, int mode) => Do("mkdir", path, () =>
    {
        var denied = Denied();
        if (denied != Errno.None) return denied;
        var errno = mount.FindParent(path, out var directory, out var name);
        if (errno != Errno.None) return errno;
        if (directory!.Children.ContainsKey(name) || faults.Strikes(FaultRow.X1)) return Errno.EEXIST;
        Add(directory, name, FileKind.Directory, mode);
        return Errno.None;
    });

    public Errno RemoveDirectory(string path) => Do("rmdir", path, () =>
    {
        var errno = mount.FindParent(path, out var directory, out var name);
        if (errno != Errno.None) return errno;
        if (!directory!.Children.TryGetValue(name, out var inode)) return Errno.ENOENT;
        if (inode.Kind != FileKind.Directory) return Errno.ENOTDIR;
        if (inode.Children.Count > 0) return Errno.ENOTEMPTY;
        mount.Server.Unlink(directory, name);
        Own(directory, name, null);
        return Errno.None;
    });
}
