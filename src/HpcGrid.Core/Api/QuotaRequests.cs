namespace HpcGrid.Core.Api;

/// <summary>What a user has, has used, and may have. Others' only for an admin.</summary>
/// <param name="User">Whose; null for the caller's own.</param>
public sealed record ReadQuota(string? User) : Request<QuotaState>;

/// <summary>A user's share of the grid. A bound that is null does not exist.</summary>
public sealed record QuotaState : Reply
{
    public required string User { get; init; }
    /// <summary>Weight against other users; 1 unless an admin says otherwise.</summary>
    public double Priority { get; init; }
    /// <summary>AliEn's computed priority: 100 x (1 - active / nominal) x priority, never below 0. Greater gets the next free slot.</summary>
    public int ComputedPriority { get; init; }
    /// <summary>With so many active jobs the computed priority is 0.</summary>
    public int NominalParallel { get; init; }
    /// <summary>Jobs that sites hold now.</summary>
    public long Active { get; init; }
    public int? MaxParallel { get; init; }
    /// <summary>Jobs that have not ended, masters not counted.</summary>
    public long Unfinished { get; init; }
    public int? MaxUnfinished { get; init; }
    /// <summary>CPU seconds times price of what ended in the last 24 hours.</summary>
    public double CpuCost { get; init; }
    public long? MaxCpuCost { get; init; }
    /// <summary>Elapsed seconds of payloads that ended in the last 24 hours.</summary>
    public double RunningSeconds { get; init; }
    public long? MaxRunningSeconds { get; init; }
    /// <summary>Why waiting jobs are held (OVER_WAITING); null when they are not.</summary>
    public string? Over { get; init; }
}
