using HpcGrid.Central.Database;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.Broker;

/// <summary>How many jobs wait that a bridge's slots, or those of new pilots, could run now; a hint for starting pilots, not a promise.</summary>
public sealed class WaitingHint(Descriptions descriptions, Sites sites, TimeProvider clock)
{
    /// <summary>All that may be given out, when the bridge has not yet said what its slots look like.</summary>
    public int Of(Session session, string bridge)
    {
        var site = sites.Roster.SiteMapOf(bridge)?.Fresh();
        var rooms = new Dictionary<string, long>();
        long number = 0;
        foreach (var group in WaitingTable.Demands(session, Limits.GroupsPerHint))
        {
            if (!rooms.TryGetValue(group.Owner, out var room)) room = QuotaRules.Room(OwnerDesk.Of(session, group.Owner, clock.GetUtcNow()));
            if (room > 0 && (site is null || (site.IsOpenTo(group.Owner) && Fits(session, group, site))))
            {
                var some = Math.Min(room, group.Number);
                number += some;
                room -= some;
            }
            rooms[group.Owner] = room;
        }
        // Pilots for jobs that a throttled site does not get would run empty.
        return (int)(sites.Health.Throttled(bridge) is null ? number : Math.Min(1, number));
    }

    private bool Fits(Session session, Demand group, Core.Sites.SiteMap site) =>
        Requirements.Matches(descriptions.Get(session, group.Description).Job, site) is SiteMatch.Yes;
}
