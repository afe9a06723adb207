namespace HpcGrid.Core.Sites;

/// <summary>
/// What a bridge's free slots offer to the broker. One site map stands for all slots of one shape.
/// </summary>
public sealed record SiteMap
{
    /// <summary>The site, "ORNL".</summary>
    public required string Site { get; init; }
    /// <summary>The computing element, "VO::SITE::NAME".</summary>
    public required string Ce { get; init; }
    /// <summary>"Linux-x86_64".</summary>
    public string Platform { get; init; } = "Linux-x86_64";
    /// <summary>Cores one job can get at most (cores of a node).</summary>
    public int Cores { get; init; } = 1;
    /// <summary>Nodes one job can get at most: those of one pilot.</summary>
    public int Nodes { get; init; } = 1;
    /// <summary>Memory one job can get at most, MiB.</summary>
    public long MemoryMib { get; init; } = long.MaxValue;
    /// <summary>Disk one job can get at most, MiB.</summary>
    public long DiskMib { get; init; } = long.MaxValue;
    /// <summary>Seconds the slot can still give to one job.</summary>
    public int TtlSeconds { get; init; }
    /// <summary>Seconds that the slots of a pilot still to be started could give; 0 when none would be started, or an earlier version does not say.</summary>
    public int FreshTtlSeconds { get; init; }
    /// <summary>Storage elements that are near, nearest first.</summary>
    public IReadOnlyList<string> CloseSe { get; init; } = [];
    /// <summary>Partitions the CE belongs to.</summary>
    public IReadOnlyList<string> Partitions { get; init; } = [];
    /// <summary>When not empty, only these users' jobs.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];
    /// <summary>Revision of the software tree mounted there; null where none is.</summary>
    public long? CvmfsRevision { get; init; }
    /// <summary>Counters one job can get at most.</summary>
    public Counters Counters { get; init; } = Counters.None;
    /// <summary>Packages the site has, "VO_ALICE@Name::Version".</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>What the site could offer with new pilots: pilots are started for jobs that those which are there have no time left for.</summary>
    public SiteMap Fresh() => FreshTtlSeconds > TtlSeconds ? this with { TtlSeconds = FreshTtlSeconds } : this;

    /// <summary>True when it takes jobs of this user.</summary>
    public bool IsOpenTo(string user) => Users.Count == 0 || Users.Contains(user);

    /// <summary>True when a job of this size fits into a slot of this shape, requirements aside.</summary>
    public bool Fits(Resources need) =>
        need.Cores <= Cores && need.Nodes <= Nodes && need.MemoryMib <= MemoryMib && need.DiskMib <= DiskMib && need.TtlSeconds <= TtlSeconds
        && need.Counters.MissingFrom(Counters) is null;
}
