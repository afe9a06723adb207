using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Central.Broker;

/// <summary>What the sites that central has heard of would say to a description.</summary>
public sealed class KnownSites(BridgeRoster roster)
{
    /// <summary>Descriptions looked at, and doubts told, for one submission.</summary>
    private const int MostLookedAt = 100;

    /// <summary>
    /// For descriptions that no known site can run now: why one of them does not. Only doubts: sites come and go, and nothing is said while none is known.
    /// </summary>
    public IReadOnlyList<string> Doubts(IEnumerable<JobDescription> jobs, string owner)
    {
        IReadOnlyList<SiteMap> sites = [.. roster.SiteMaps.Select(site => site.Fresh())];
        return sites.Count == 0 ? [] : [.. jobs.Take(MostLookedAt).Select(job => Doubt(job, sites, owner)).OfType<string>().Distinct()];
    }

    private static string? Doubt(JobDescription job, IReadOnlyList<SiteMap> sites, string owner)
    {
        string? first = null;
        foreach (var site in sites)
        {
            var reason = site.Users.Count > 0 && !site.Users.Contains(owner) ? "it is open to other users only" : Requirements.Matches(job, site) switch
            {
                SiteMatch.No no => no.Reason,
                SiteMatch.Undefined undefined => undefined.Reason,
                _ => null,
            };
            if (reason is null) return null;
            first ??= $"{site.Ce}: {reason}";
        }
        return $"none of the {sites.Count} sites known now can run it, so it waits; {first}";
    }
}
