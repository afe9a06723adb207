using HpcGrid.Central.Database;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.Broker;

/// <summary>How many jobs wait that a bridge's slots could run; a hint for starting pilots, not a promise.</summary>
public sealed class WaitingHint(Descriptions descriptions, BridgeRoster roster)
{
    /// <summary>All that wait, when the bridge has not yet said what its slots look like.</summary>
    public int Of(Session session, string bridge)
    {
        var site = roster.SiteMapOf(bridge);
        return WaitingTable.Demands(session, Limits.GroupsPerHint)
            .Where(group => site is null || Requirements.Matches(descriptions.Get(session, group.Description).Job, site) is SiteMatch.Yes)
            .Sum(group => group.Number);
    }
}
