using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Fs;

/// <summary>
/// One client of the shared filesystem, a node's kernel: its caches of names (found and not found), of listings, and of files, and its own troubles. The
/// processes of a node share it.
/// </summary>
internal sealed class Mount(ServerTree server, FsProfile profile, World.Scheduler scheduler, FaultPlan faults, Dice dice)
{
    private readonly Dictionary<Inode, Dictionary<string, Dentry>> _dentries = [];
    private readonly Dictionary<Inode, Shown> _listings = [];

    private readonly record struct Dentry(Inode? Inode, TimeSpan Until);

    private sealed record Shown(string[] Names, TimeSpan At, TimeSpan Until, long Change);

    public ServerTree Server { get; } = server;

    public FsProfile Profile { get; } = profile;

    /// <summary>Attributes and pages.</summary>
    public FileCache Files { get; } = new(profile, scheduler, faults, dice);

    /// <summary>Not None: every operation answers this until <see cref="TroubleUntil"/>.</summary>
    public Errno Trouble { get; private set; }

    public TimeSpan TroubleUntil { get; private set; }

    /// <summary>Directories once found are held open: their names never expire (Z2).</summary>
    public bool Pinned { get; set; }

    /// <summary>The trouble of this client from now on.</summary>
    public void Suffer(Errno trouble, TimeSpan until) => (Trouble, TroubleUntil) = (trouble, until);

    /// <summary>What every operation answers now.</summary>
    public Errno Now()
    {
        if (Trouble != Errno.None && (scheduler.Now >= TroubleUntil || faults.Healed)) Trouble = Errno.None;
        return Trouble;
    }

    /// <summary>Finds what a path stands for, as this client sees it.</summary>
    public Errno Find(string path, out Inode? inode)
    {
        inode = Server.Root;
        var rest = path.AsSpan(1);
        while (!rest.IsEmpty)
        {
            var slash = rest.IndexOf('/');
            var name = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? default : rest[(slash + 1)..];
            if (name.IsEmpty || name is ".") continue;
            if (inode.Kind != FileKind.Directory) return inode.Kind == FileKind.SymbolicLink ? Errno.ELOOP : Errno.ENOTDIR;
            var errno = Step(inode, name, out var next);
            if (errno != Errno.None) return errno;
            inode = next!;
        }
        return Errno.None;
    }

    /// <summary>The directory and the last name of a path.</summary>
    public Errno FindParent(string path, out Inode? directory, out string name)
    {
        var slash = path.LastIndexOf('/');
        name = path[(slash + 1)..];
        var errno = Find(slash <= 0 ? "/" : path[..slash], out directory);
        if (errno != Errno.None) return errno;
        return directory!.Kind != FileKind.Directory ? Errno.ENOTDIR : directory.Gone && directory != Server.Root ? Errno.ESTALE : Errno.None;
    }

    private Errno Step(Inode directory, ReadOnlySpan<char> name, out Inode? inode)
    {
        var now = scheduler.Now;
        if (_dentries.TryGetValue(directory, out var known)
            && known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var key, out var dentry)
            && (now < dentry.Until || (Pinned && dentry.Inode?.Kind == FileKind.Directory)))
        {
            Compare(directory, key, dentry);
            if (Profile.BusyRenews && dentry.Inode?.Kind == FileKind.Directory) known[key] = dentry with { Until = now + Time(Profile.Positive) };
            inode = dentry.Inode;
            return inode is null ? Errno.ENOENT : Errno.None;
        }
        if (directory.Gone && directory != Server.Root)
        {
            inode = null;
            return Errno.ESTALE;
        }
        directory.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out inode);
        var life = inode is null ? Profile.Negative : Profile.Positive;
        if (life > 0 || Pinned) Remember(directory, name.ToString(), inode, Time(life) * dice.Unit());
        return inode is null ? Errno.ENOENT : Errno.None;
    }

    private void Compare(Inode directory, string name, Dentry dentry)
    {
        var truth = directory.Children.GetValueOrDefault(name);
        if (truth == dentry.Inode) return;
        if (dentry.Inode is null) faults.Count(FaultRow.V5);
        else if (dentry.Inode.Kind == FileKind.Directory && !dentry.Inode.Gone) faults.Count(FaultRow.V6);
        else if (truth is null) faults.Count(FaultRow.V4);
        else faults.Count(FaultRow.P1);
    }

    /// <summary>This client itself has seen, made, renamed or removed a name.</summary>
    public void Remember(Inode directory, string name, Inode? inode, TimeSpan life)
    {
        if (life <= TimeSpan.Zero && !Pinned)
        {
            if (_dentries.TryGetValue(directory, out var old)) old.Remove(name);
            return;
        }
        if (!_dentries.TryGetValue(directory, out var known)) _dentries[directory] = known = [];
        known[name] = new Dentry(inode, scheduler.Now + life);
    }

    /// <summary>This client changed the directory itself: it asks anew.</summary>
    public void Changed(Inode directory) => _listings.Remove(directory);

    /// <summary>open() of a name asks the server, where the filesystem promises that.</summary>
    public void LookAgain(Inode directory, string name)
    {
        if (Profile.OpenLooks && _dentries.TryGetValue(directory, out var known)) known.Remove(name);
    }

    /// <summary>The names of a directory as this client shows them.</summary>
    public Errno List(Inode directory, List<string> names)
    {
        var now = scheduler.Now;
        if (_listings.TryGetValue(directory, out var shown))
        {
            var hidden = shown.Change != directory.Change && HidesChange(directory, shown);
            if (now < shown.Until || hidden)
            {
                if (hidden) faults.Count(FaultRow.V2);
                Compare(directory, shown.Names);
                names.AddRange(shown.Names);
                return Errno.None;
            }
        }
        if (directory.Gone && directory != Server.Root) return Errno.ESTALE;
        names.AddRange(directory.Children.Keys);
        if (Profile.Listing > 0)
            _listings[directory] = new Shown([.. directory.Children.Keys], now, now + Time(Profile.Listing) * dice.Unit(), directory.Change);
        return Errno.None;
    }

    /// <summary>The directory's time did not move: it changed within the tick in which it was listed (V2).</summary>
    private bool HidesChange(Inode directory, Shown shown) =>
        Profile.CoarseTicks > 0 && faults.Has(FaultRow.V2) && directory.ChangedAt - shown.At < TimeSpan.FromSeconds(Profile.CoarseTicks);

    private void Compare(Inode directory, string[] names)
    {
        var missing = directory.Children.Count;
        foreach (var name in names)
            if (directory.Children.ContainsKey(name)) missing--;
            else faults.Count(FaultRow.V4);
        if (missing > 0) faults.Count(FaultRow.V1);
    }

    private TimeSpan Time(double seconds) => TimeSpan.FromSeconds(seconds * Grid.Pace);
}
