using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// Every duration of PROTOCOL 6, derived from the mount's caching bound C. Use `with` or <see cref="Scaled"/> for smaller ones (tests, one
/// machine) and <see cref="Check"/> afterwards: the order between them carries the proof that a dead agent is dead.
/// Bridge and agents must use the same.
/// </summary>
public sealed record SpoolTiming
{
    /// <summary>C: how long a client may go on showing what is no longer so.</summary>
    public required TimeSpan CachingBound { get; init; }
    /// <summary>H: an agent beats so often.</summary>
    public required TimeSpan Heartbeat { get; init; }
    /// <summary>P_min: no more than one version of a queue file in this time.</summary>
    public required TimeSpan PublishMin { get; init; }
    /// <summary>P_max: a changed file is published at the latest after this.</summary>
    public required TimeSpan PublishMax { get; init; }
    /// <summary>The bridge renews leases so often.</summary>
    public required TimeSpan LeaseInterval { get; init; }
    /// <summary>L_start: an agent whose lease is older (own monotonic clock) starts no job.</summary>
    public required TimeSpan LeaseStart { get; init; }
    /// <summary>L_kill: an agent whose lease is older kills its children.</summary>
    public required TimeSpan LeaseKill { get; init; }
    /// <summary>An agent silent for so long is looked at: ask the batch system.</summary>
    public required TimeSpan Suspect { get; init; }
    /// <summary>T_dead: an agent silent for so long has killed its children.</summary>
    public required TimeSpan Dead { get; init; }
    /// <summary>What T_dead must exceed L_kill by, clock rates aside.</summary>
    public required TimeSpan DeathSlack { get; init; }
    /// <summary>T_rec: reconciliation so often (B6).</summary>
    public required TimeSpan Reconcile { get; init; }
    /// <summary>T_lost: a file absent from <see cref="LostListings"/> listings over this time is offered again.</summary>
    public required TimeSpan Lost { get; init; }
    /// <summary>An operation that takes longer is reported; it can't be cancelled.</summary>
    public required TimeSpan OperationWarning { get; init; }
    /// <summary>Freeze rule: death clocks stop while the bridge's canary is later than this.</summary>
    public required TimeSpan CanaryLate { get; init; }
    /// <summary>An agent claims and starts nothing more so long before the walltime's end.</summary>
    public required TimeSpan DrainMargin { get; init; }
    /// <summary>An agent publishes its finals so long before the walltime's end.</summary>
    public required TimeSpan FinalMargin { get; init; }
    /// <summary>Shortest pause between polls.</summary>
    public required TimeSpan PollMin { get; init; }
    /// <summary>Longest pause between two looks at an inbox, within a quarter.</summary>
    public required TimeSpan PollMax { get; init; }
    /// <summary>Re-sweeps of a fenced agent after this time each (F5): C, 2C, 10 minutes.</summary>
    public required IReadOnlyList<TimeSpan> Resweeps { get; init; }

    /// <summary>Listings that must all miss a file before it counts as lost.</summary>
    public int LostListings { get; init; } = 3;

    /// <summary>Freeze rule: the share of agents whose falling silent within 30 s means the filesystem, not they, is ill.</summary>
    public double SilentShare { get; init; } = 0.3;

    /// <summary>The defaults for a mount.</summary>
    public static SpoolTiming For(TimeSpan cachingBound) => new()
    {
        CachingBound = cachingBound,
        Heartbeat = Seconds(10),
        PublishMin = Seconds(2),
        PublishMax = Seconds(60),
        LeaseInterval = Seconds(15),
        LeaseStart = Seconds(120) + cachingBound,
        LeaseKill = Seconds(300) + cachingBound,
        Suspect = Seconds(60) + cachingBound,
        Dead = Seconds(600) + 2 * cachingBound,
        DeathSlack = Seconds(60),
        Reconcile = Seconds(60),
        Lost = Seconds(120) + 2 * cachingBound,
        OperationWarning = Seconds(30),
        CanaryLate = Seconds(5),
        DrainMargin = Seconds(600),
        FinalMargin = Seconds(120),
        PollMin = Seconds(0.5),
        PollMax = Seconds(10),
        Resweeps = [cachingBound, 2 * cachingBound, Seconds(600)],
    };

    /// <summary>The defaults for a mount of that kind.</summary>
    public static SpoolTiming For(CachingBound bound) => For(bound.Bound);

    /// <summary>The same with a longer C, and longer all that rests on it.</summary>
    public SpoolTiming Raised(TimeSpan cachingBound)
    {
        var more = cachingBound - CachingBound;
        return this with
        {
            CachingBound = cachingBound,
            LeaseStart = LeaseStart + more,
            LeaseKill = LeaseKill + more,
            Suspect = Suspect + more,
            Dead = Dead + 2 * more,
            Lost = Lost + 2 * more,
            Resweeps = [cachingBound, 2 * cachingBound, .. Resweeps.Skip(2)],
        };
    }

    /// <summary>Everything but C times a factor: 0.01 makes a laptop's demo quick.</summary>
    public SpoolTiming Scaled(double factor) => this with
    {
        Heartbeat = Heartbeat * factor,
        PublishMin = PublishMin * factor,
        PublishMax = PublishMax * factor,
        LeaseInterval = LeaseInterval * factor,
        LeaseStart = LeaseStart * factor,
        LeaseKill = LeaseKill * factor,
        Suspect = Suspect * factor,
        Dead = Dead * factor,
        DeathSlack = DeathSlack * factor,
        Reconcile = Reconcile * factor,
        Lost = Lost * factor,
        OperationWarning = OperationWarning * factor,
        CanaryLate = CanaryLate * factor,
        DrainMargin = DrainMargin * factor,
        FinalMargin = FinalMargin * factor,
        PollMin = PollMin * factor,
        PollMax = PollMax * factor,
        Resweeps = [.. Resweeps.Select(after => after * factor)],
    };

    /// <summary>Answers this timing when its order holds. GridError(Invalid) names the pair that is wrong.</summary>
    public SpoolTiming Check()
    {
        Require(CachingBound >= TimeSpan.Zero, "the caching bound is negative");
        Require(PublishMin <= PublishMax, "publishMin is longer than publishMax");
        Require(PollMin > TimeSpan.Zero && PollMin <= PollMax, "pollMin is not between 0 and pollMax");
        Require(LeaseInterval + CachingBound < LeaseStart, "leaseStart is not longer than leaseInterval + C: every lease would be old on arrival");
        Require(LeaseStart < LeaseKill, "leaseKill is not longer than leaseStart");
        Require(Heartbeat + CachingBound < Suspect, "suspect is not longer than heartbeat + C: every agent would be suspected");
        Require(Suspect < Dead, "dead is not longer than suspect");
        Require(
            LeaseKill * 1.01 + DeathSlack < Dead,
            "dead is not longer than leaseKill + 1 % + deathSlack: an agent could be given up while its jobs still run");
        Require(2 * CachingBound <= Lost, "lost is shorter than 2C");
        Require(FinalMargin <= DrainMargin, "finalMargin is longer than drainMargin");
        return this;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw GridError.Invalid($"the spool's timing cannot work: {otherwise}");
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
