using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Keeps groups with a Rank for better sites, for a bounded time (<see cref="RankRules"/>). What is kept since when is memory; used by the
/// writer's thread alone.
/// </summary>
public sealed class RankWatch(BridgeRoster roster)
{
    private readonly Dictionary<long, DateTimeOffset> _kept = [];

    /// <summary>True when the asking bridge does not get jobs of this group now.</summary>
    public bool Keeps(string bridge, KnownDescription description, SiteMap site, DateTimeOffset now)
    {
        if (description.Job.Rank is null) return false;
        var elsewhere = roster.Hungry(bridge)
            .Where(other => other.IsOpenTo(description.Row.Owner) && Requirements.Matches(description.Job, other) is SiteMatch.Yes)
            .Select(other => Requirements.Rank(description.Job, other)).ToList();
        var here = Requirements.Rank(description.Job, site);
        var id = description.Row.Id;
        var since = _kept.TryGetValue(id, out var kept) ? kept : (DateTimeOffset?)null;
        if (RankRules.Keeps(here, elsewhere, since, now))
        {
            if (_kept.Count >= Limits.KeptGroups) _kept.Clear();
            _kept.TryAdd(id, now);
            return true;
        }
        // The best site got its turn: later jobs may be kept for it again.
        if (since is not null && !elsewhere.Any(rank => rank > here)) _kept.Remove(id);
        return false;
    }
}
