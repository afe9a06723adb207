using HpcGrid.Spool;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate.Fs;

/// <summary>A file or directory on the server.</summary>
internal sealed class Inode(long number, FileKind kind, int mode)
{
    public long Number { get; } = number;
    public FileKind Kind { get; } = kind;
    public int Mode { get; } = mode;

    /// <summary>Names in a directory, in the order in which they came.</summary>
    public Dictionary<string, Inode> Children { get; } = [];
    public byte[] Data { get; set; } = [];
    public int Length { get; set; }

    /// <summary>Grows with each change of its bytes.</summary>
    public long Version { get; set; }

    /// <summary>So many of its bytes survive a crash of the server.</summary>
    public int Synced { get; set; }

    /// <summary>Where it has its name; null when it has none any more.</summary>
    public Inode? Parent { get; set; }

    public string Name { get; set; } = "";

    public bool Gone => Parent is null;

    /// <summary>The path by which the server knows it.</summary>
    public string Path => Parent is null ? "(gone)" : Parent.Parent is null && Parent.Number == 1 ? "/" + Name : $"{Parent.Path}/{Name}";

    /// <summary>What fstat tells in place of its length, for a file too large to keep.</summary>
    public long? ToldLength { get; set; }

    /// <summary>Grows with each change of a directory.</summary>
    public long Change { get; set; }

    /// <summary>When a directory changed last.</summary>
    public TimeSpan ChangedAt { get; set; }

    public ReadOnlySpan<byte> Bytes => Data.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Data.Length < Length + bytes.Length)
        {
            var grown = new byte[Math.Max(Length + bytes.Length, Data.Length * 2)];
            Data.AsSpan(0, Length).CopyTo(grown);
            Data = grown;
        }
        bytes.CopyTo(Data.AsSpan(Length));
        Length += bytes.Length;
        Version++;
    }
}

/// <summary>
/// The one truth of the shared filesystem: what the server knows. Names are journalled in order, as file servers do; a crash loses the newest of what was
/// not synced, and the unsynced bytes of files whose names may have survived.
/// </summary>
internal sealed class ServerTree(Scheduler scheduler)
{
    private readonly List<Action> _undo = [];
    private TimeSpan _committed;
    private long _inodes;

    public Inode Root { get; } = new(1, FileKind.Directory, 0x1ed);

    /// <summary>Told of every rename that happens, after it: what, from which directory and name, and whether it took another's place.</summary>
    public Action<Inode, string, bool> Renamed { get; set; } = (_, _, _) => { };

    /// <summary>Told of every name that is removed: its path and last component.</summary>
    public Action<string, string> Unlinked { get; set; } = (_, _) => { };

    /// <summary>The journal is written by itself after so long.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(5);

    public Inode? Find(string path)
    {
        var at = Root;
        foreach (var range in path.AsSpan(1).Split('/'))
        {
            var name = path.AsSpan(1)[range];
            if (name.IsEmpty) continue;
            if (!at.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var next)) return null;
            at = next;
        }
        return at;
    }

    public Inode Add(Inode directory, string name, FileKind kind, int mode)
    {
        var inode = new Inode(++_inodes + 1, kind, mode);
        Put(directory, name, inode);
        Log(() => Take(directory, name));
        return inode;
    }

    public void Unlink(Inode directory, string name)
    {
        var inode = directory.Children[name];
        Unlinked(inode.Path, name);
        Take(directory, name);
        Log(() => Put(directory, name, inode));
    }

    public void Rename(Inode from, string name, Inode to, string target)
    {
        var inode = from.Children[name];
        var before = to.Children.GetValueOrDefault(target);
        Take(from, name);
        if (before is not null) Take(to, target);
        Put(to, target, inode);
        Log(() =>
        {
            Take(to, target);
            if (before is not null) Put(to, target, before);
            Put(from, name, inode);
        });
        Renamed(inode, from.Path + "/" + name, before is not null);
    }

    private void Put(Inode directory, string name, Inode inode)
    {
        directory.Children[name] = inode;
        (inode.Parent, inode.Name) = (directory, name);
        Changed(directory);
    }

    private void Take(Inode directory, string name)
    {
        if (directory.Children.Remove(name, out var inode)) inode.Parent = null;
        Changed(directory);
    }

    private void Changed(Inode directory)
    {
        directory.Change++;
        directory.ChangedAt = scheduler.Now;
    }

    private void Log(Action undo)
    {
        if (scheduler.Now - _committed > CommitInterval) Commit();
        _undo.Add(undo);
    }

    /// <summary>fsync of a directory: everything up to now survives.</summary>
    public void Commit()
    {
        _undo.Clear();
        _committed = scheduler.Now;
    }

    /// <summary>The server restarts. Answers how many changes of names were lost.</summary>
    public int Crash(Dice dice)
    {
        var lost = _undo.Count == 0 || dice.Chance(0.3) ? 0 : 1 + dice.Next(_undo.Count);
        for (var i = 0; i < lost; i++)
        {
            _undo[^1]();
            _undo.RemoveAt(_undo.Count - 1);
        }
        Commit();
        LoseBytes(Root, dice);
        return lost;
    }

    private static void LoseBytes(Inode inode, Dice dice)
    {
        foreach (var child in inode.Children.Values) LoseBytes(child, dice);
        if (inode.Synced >= inode.Length) return;
        inode.Version++;
        switch (dice.Next(3))
        {
            case 0: inode.Length = inode.Synced; break;
            case 1: inode.Data.AsSpan(inode.Synced, inode.Length - inode.Synced).Clear(); break;
            default: inode.Length = inode.Synced + dice.Next(inode.Length - inode.Synced); break;
        }
        inode.Synced = inode.Length;
    }

    /// <summary>Every file, with its path.</summary>
    public IEnumerable<(string Path, Inode Inode)> Walk() => Walk("", Root);

    private static IEnumerable<(string Path, Inode Inode)> Walk(string path, Inode inode)
    {
        foreach (var (name, child) in inode.Children)
        {
            yield return ($"{path}/{name}", child);
            foreach (var below in Walk($"{path}/{name}", child)) yield return below;
        }
    }
}
