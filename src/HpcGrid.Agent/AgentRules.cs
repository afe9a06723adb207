using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What the agent may do now.</summary>
internal enum Standing
{
    /// <summary>Claim, start, publish.</summary>
    Working,
    /// <summary>Its lease is not fresh, or it does not see its own directory: start and claim nothing, let run what runs.</summary>
    Holding,
    /// <summary>Claim and start nothing more; hand back what has not begun.</summary>
    Draining,
    /// <summary>Draining, and running jobs are stopped: the end is near.</summary>
    Stopping,
    /// <summary>Its lease is so old that the bridge may have given its jobs to others: kill the children.</summary>
    Abandoned,
    /// <summary>Fenced, or for so long neither a lease nor its own directory was seen: kill the children, publish nothing, exit.</summary>
    Gone,
}

/// <summary>What <see cref="AgentRules"/> judge by. Times are on the agent's own monotonic clock, from its start.</summary>
/// <param name="LeaseSeen">When a new lease was last seen; at first, when the agent joined.</param>
/// <param name="Liveness">What it last saw of its own directory.</param>
/// <param name="DrainAsked">By message, signal, idleness or trouble.</param>
/// <param name="DrainAt">Null: no end is known.</param>
/// <param name="StopAt">When running jobs are stopped; null: never.</param>
internal readonly record struct AgentFacts(TimeSpan LeaseSeen, Liveness Liveness, bool DrainAsked, TimeSpan? DrainAt, TimeSpan? StopAt);

/// <summary>Cores (in thousandths), memory, disk and counters, of the node or left on it.</summary>
internal readonly record struct Room(long CoreShare, long MemoryMib, long DiskMib)
{
    private readonly Counters? _counters;

    public Counters Counters
    {
        get => _counters ?? Counters.None;
        init => _counters = value.IsNone ? null : value;
    }

    /// <summary>Whole cores.</summary>
    public int Cores => (int)(CoreShare / Counters.One);

    public bool Holds(Room need) => need.CoreShare <= CoreShare && need.MemoryMib <= MemoryMib && need.DiskMib <= DiskMib
        && need.Counters.MissingFrom(Counters) is null;

    public Room Without(Room taken) =>
        new(CoreShare - taken.CoreShare, MemoryMib - taken.MemoryMib, DiskMib - taken.DiskMib) { Counters = Counters.Minus(taken.Counters) };

    public Room With(Room given) =>
        new(CoreShare + given.CoreShare, MemoryMib + given.MemoryMib, DiskMib + given.DiskMib) { Counters = Counters.Plus(given.Counters) };
}

/// <summary>Whether a job can be started.</summary>
internal enum Fit
{
    Now,
    /// <summary>When others have ended.</summary>
    Later,
    /// <summary>Not on this node, not in the time that is left.</summary>
    Never,
}

/// <summary>How much of the pool a look lists.</summary>
internal enum PoolListing
{
    None,
    /// <summary>The next one in turn of the pool's directories: a spool of very many agents has several.</summary>
    OneDirectory,
    /// <summary>Directories until there are offers enough.</summary>
    UntilEnough,
}

/// <summary>What decides whether to claim a queue file.</summary>
/// <param name="Standing">As it is.</param>
/// <param name="Free">Of the node.</param>
/// <param name="Waiting">Jobs that were claimed and have no slot.</param>
/// <param name="Unacked">Queue files that the bridge has not acknowledged.</param>
/// <param name="DeliveryFails">The spool does not take a result or an output now.</param>
internal readonly record struct ClaimFacts(Standing Standing, Room Free, int Waiting, int Unacked, bool DeliveryFails)
{
    /// <summary>For so long no core is likely to be idle; null when nothing is known or nothing runs.</summary>
    public double? SecondsOfWork { get; init; }
}

/// <summary>What decides what a look lists.</summary>
/// <param name="Wants">Work from the pool.</param>
/// <param name="Holds">Queue files: what it is told of them matters.</param>
/// <param name="IsKept">Its node is kept for a job over several nodes.</param>
/// <param name="Rests">Nothing has happened for long.</param>
internal readonly record struct LookFacts(bool Wants, bool Holds, bool IsKept, bool Rests);

/// <summary>What decides about publishing a queue file.</summary>
/// <param name="Changed">Something is not published yet.</param>
/// <param name="ChangedAt">Since when.</param>
/// <param name="PublishedAt">When the last version was published; null for none yet.</param>
/// <param name="AllOver">All jobs are over: it will be the final version.</param>
/// <param name="NotBefore">Back-off after a failure.</param>
/// <param name="Bytes">Size of the last version.</param>
internal readonly record struct PublishFacts(bool Changed, TimeSpan ChangedAt, TimeSpan? PublishedAt, bool AllOver, TimeSpan NotBefore, int Bytes)
{
    /// <summary>Jobs of the file.</summary>
    public int Jobs { get; init; }

    /// <summary>Mean duration of jobs that ended on this node lately; null for none yet.</summary>
    public double? JobSeconds { get; init; }

    /// <summary>When it was claimed.</summary>
    public TimeSpan ClaimedAt { get; init; }

    /// <summary>A job of it did not go well, and that is not published yet.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>Its final version is in the spool: another one only says the same again.</summary>
    public bool IsRepeated { get; init; }
}

/// <summary>The agent's decisions: from what it knows and the time, nothing else. The loop performs them.</summary>
internal static class AgentRules
{
    /// <summary>A4. The harshest that holds.</summary>
    public static Standing Judge(AgentFacts facts, SpoolTiming timing, TimeSpan now)
    {
        var lease = now - facts.LeaseSeen;
        if (facts.Liveness == Liveness.Fenced) return Standing.Gone;
        if (lease > timing.LeaseKill) return facts.Liveness == Liveness.Unknown ? Standing.Gone : Standing.Abandoned;
        if (now >= facts.StopAt) return Standing.Stopping;
        if (facts.DrainAsked || now >= facts.DrainAt) return Standing.Draining;
        return lease > timing.LeaseStart || facts.Liveness == Liveness.Unknown ? Standing.Holding : Standing.Working;
    }

    /// <summary>When <see cref="Judge"/> may answer something else though nothing happens.</summary>
    public static TimeSpan NextJudgement(AgentFacts facts, SpoolTiming timing, TimeSpan now)
    {
        var next = TimeSpan.MaxValue;
        foreach (var at in (ReadOnlySpan<TimeSpan?>)[facts.LeaseSeen + timing.LeaseStart, facts.LeaseSeen + timing.LeaseKill, facts.DrainAt, facts.StopAt])
            if (at is { } due && due >= now && due < next) next = due;
        return next;
    }

    /// <summary>
    /// Whether a job fits into what is free, and whether its TTL fits into the time that is left. Time only shrinks, so a job that is too
    /// long now never fits.
    /// </summary>
    public static Fit FitOf(Resources need, Room free, Room whole, TimeSpan? left)
    {
        var share = ShareOf(need, whole);
        return !whole.Holds(share) || need.Cores > whole.Cores || TimeSpan.FromSeconds(need.TtlSeconds) > left ? Fit.Never
            : free.Holds(share) ? Fit.Now
            : Fit.Later;
    }

    /// <summary>What a job takes of a node: all cores when the node is to be its own.</summary>
    public static Room ShareOf(Resources need, Room whole) =>
        new(need.WholeNode ? whole.CoreShare : need.CoreShare, need.MemoryMib, need.DiskMib) { Counters = need.Counters };

    /// <summary>
    /// Smaller jobs may overtake one that waits for room, but not for ever: after this long nothing behind it is started until it runs.
    /// </summary>
    public static bool MayOvertake(TimeSpan waitsSince, TimeSpan now) => now - waitsSince < Limits.OvertakenAtMost;

    /// <summary>
    /// A new queue file is claimed only for cores that are idle while nothing waits, or will be before a claim is through, and only when results can be
    /// delivered. Who claimed earlier would hold what others could begin.
    /// </summary>
    public static bool ShouldClaim(ClaimFacts facts) =>
        facts.Standing == Standing.Working && facts.Unacked < Limits.UnackedQueues && !facts.DeliveryFails
        && ((facts.Free.CoreShare > 0 && facts.Waiting == 0) || facts.SecondsOfWork < Limits.ClaimTakes.TotalSeconds);

    /// <summary>
    /// What a look lists (PROTOCOL 5): while something moves, all that the agent waits for. At rest a look is one listing, so that it can come more often:
    /// of a directory of the pool by who wants work and holds none, with a glance at its inbox now and then; of each in turn by who wants more; of the inbox
    /// by who wants none. Who is kept for a job over several nodes lists the whole pool: other nodes wait with it.
    /// </summary>
    /// <param name="facts">What it wants and holds.</param>
    /// <param name="withoutInbox">Looks since the inbox was listed.</param>
    public static (PoolListing Pool, bool Inbox) Listed(LookFacts facts, int withoutInbox)
    {
        if (!facts.Wants) return (PoolListing.None, true);
        if (!facts.Rests) return (PoolListing.UntilEnough, true);
        var pool = facts.IsKept ? PoolListing.UntilEnough : PoolListing.OneDirectory;
        if (!facts.Holds && !facts.IsKept) return (pool, withoutInbox >= Limits.LooksPerInbox - 1);
        return withoutInbox == 0 ? (pool, false) : (PoolListing.None, true);
    }

    /// <summary>
    /// After what a look brought the next message may be near: the start of what may not begin by itself, or more of what the bridge is at. After an
    /// acknowledgement nothing follows.
    /// </summary>
    public static bool MayHearMore(Polled polled) =>
        polled.Claimed.Any(queue => queue.Header.StartMode == StartMode.Acked) || polled.Messages.Any(message => message.Message is not Ack);

    /// <summary>Something waits for acknowledgements: the end of this agent, or the room for more claims. What one frees otherwise nobody waits for.</summary>
    /// <param name="standing">As it is.</param>
    /// <param name="unacked">Queue files held.</param>
    public static bool NeedsAcks(Standing standing, int unacked) => standing != Standing.Working || unacked >= Limits.ManyUnacked;

    /// <summary>Offers that could run here; the rest is for others.</summary>
    public static bool CanTake(PoolEntry offer, Room whole, TimeSpan? left) =>
        offer.Cores <= whole.Cores && offer.MemoryMib <= whole.MemoryMib && offer.Counters.MissingFrom(whole.Counters) is null
        && !(TimeSpan.FromSeconds(offer.TtlSeconds) > left);

    /// <summary>
    /// A1: a random one of these is claimed. Towards its end an agent takes the longest jobs that still fit: the shorter ones are left for those whose end is
    /// nearer, and fill their slots. While its time is long for any job, or when the oldest offer has been overtaken for long enough, it takes the oldest.
    /// </summary>
    /// <param name="offers">Listed ones that it may claim, oldest first.</param>
    /// <param name="whole">What the node has.</param>
    /// <param name="left">Until running jobs are stopped; null: for ever.</param>
    /// <param name="shards">Directories of the pool.</param>
    public static List<PoolEntry> Choice(IReadOnlyList<PoolEntry> offers, Room whole, TimeSpan? left, int shards)
    {
        var fitting = offers.Where(offer => CanTake(offer, whole, left)).ToList();
        var chosen = fitting.Count > 0 && IsNear(left, fitting.Max(offer => offer.TtlSeconds)) && !IsOvertaken(fitting[0], offers, shards)
            ? fitting.OrderByDescending(offer => offer.TtlSeconds)
            : fitting.AsEnumerable();
        return [.. chosen.Take(Spool.Limits.OldestOffers)];
    }

    private static bool IsNear(TimeSpan? left, int ttl) => left < Limits.NearTtls * TimeSpan.FromSeconds(ttl);

    /// <summary>By numbers and not by time: offers are numbered as they are made, and those of one number modulo the shards lie in one directory.</summary>
    private static bool IsOvertaken(PoolEntry oldest, IReadOnlyList<PoolEntry> offers, int shards)
    {
        var listed = offers.Select(offer => offer.Name.Id % shards).Distinct().Count();
        var inPool = offers.Count * (long)shards / listed;
        return offers[^1].Name.Id - oldest.Name.Id > Limits.PoolsOvertaking * inPool;
    }

    /// <summary>
    /// When to publish: the final version at once; otherwise soon after a change, and not more often than P_min for each 96 KiB of it, up to eight; of many
    /// short jobs that go well only every P_max.
    /// Null: nothing to say.
    /// </summary>
    public static TimeSpan? PublishDue(PublishFacts facts, SpoolTiming timing)
    {
        if (!facts.Changed) return null;
        if (facts is { AllOver: true, IsRepeated: false }) return facts.NotBefore;
        var settled = facts.ChangedAt + Limits.PublishSettles;
        if (IsQuiet(facts, timing)) settled = (facts.PublishedAt ?? facts.ClaimedAt) + BulkInterval(timing);
        if (facts.PublishedAt is { } published)
        {
            var interval = timing.PublishMin * Math.Min(1 + facts.Bytes / Limits.BytesPerPublishInterval, Limits.PublishIntervals);
            if (published + interval > settled) settled = published + interval;
        }
        return facts.NotBefore > settled ? facts.NotBefore : settled;
    }

    private static bool IsQuiet(PublishFacts facts, SpoolTiming timing) => !facts.IsUrgent && facts.Jobs >= Limits.BulkJobs
        && facts.JobSeconds <= Limits.BulkJobPart * BulkInterval(timing).TotalSeconds;

    private static TimeSpan BulkInterval(SpoolTiming timing) => timing.CachingBound > TimeSpan.Zero ? timing.PublishMax : Limits.LocalBulkPublish;

    /// <summary>
    /// The intervals an agent keeps. On a filesystem of one machine nothing is cached, and polling costs next to nothing: there it looks
    /// more often. What the bridge's verdicts rest on (leases, heartbeat) stays.
    /// </summary>
    public static SpoolTiming TimingFor(TimeSpan cachingBound, double pace)
    {
        var timing = SpoolTiming.For(cachingBound);
        if (cachingBound == TimeSpan.Zero)
            timing = timing with { PollMin = Limits.LocalPollMin, PollMax = Limits.LocalPollMax, PublishMin = Limits.LocalPublishMin,
                PublishMax = Limits.LocalPublishMax };
        return timing.Scaled(pace).Check();
    }

    /// <summary>Drain and stop times of a pilot with that much time left at its start; short pilots get short margins.</summary>
    public static (TimeSpan DrainAt, TimeSpan StopAt) Margins(TimeSpan lifetime, TimeSpan? drainMargin, TimeSpan? stopMargin, SpoolTiming timing)
    {
        var stop = stopMargin ?? Shorter(timing.FinalMargin, lifetime * Limits.StopPart);
        var drain = drainMargin ?? Shorter(timing.DrainMargin, lifetime * Limits.DrainPart);
        return (lifetime - (drain > stop ? drain : stop), lifetime - stop);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
