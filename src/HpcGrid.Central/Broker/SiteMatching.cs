using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Says which sites match a job and why the others do not (R-A8). Of a job that is there: first whether anything but the sites keeps it from being given
/// out. What a site offers is what it said when it last asked for jobs; one that was not heard of for long does not match (R-A12).
/// </summary>
public sealed class SiteMatching(Descriptions descriptions, Sites sites, TimeProvider clock)
{
    /// <summary>Of a description that may be submitted by this owner.</summary>
    public SiteMatches Of(Session session, JobDescription description, string owner) =>
        Of(session, description, owner, WhyNotGiven(QuotaRules.WhyHeld(OwnerDesk.Of(session, owner, clock.GetUtcNow()))));

    /// <summary>Of a job.</summary>
    public SiteMatches Of(Session session, JobRow row) =>
        Of(session, descriptions.Get(session, row.Description).Job, row.Owner, WhyNotGiven(session, row));

    private SiteMatches Of(Session session, JobDescription description, string owner, string? whyNotGiven) => new(
    [
        .. BridgeTable.All(session).Select(bridge => Verdict(bridge, description, owner, whyNotGiven))
            .OrderByDescending(verdict => verdict.Matches).ThenByDescending(verdict => verdict.Rank ?? 0).ThenBy(verdict => verdict.Ce, StringComparer.Ordinal),
    ]);

    private SiteVerdict Verdict(BridgeRow bridge, JobDescription description, string owner, string? whyNotGiven)
    {
        var seenAt = sites.Roster.LastSeen(bridge.Name);
        if (sites.Roster.SiteMapOf(bridge.Name)?.Fresh() is not { } site)
            return new SiteVerdict(bridge.Site, "", false, null, "it has not asked for jobs since central started, so nothing is known of its slots", seenAt);
        var reason = WhyNotThere(bridge.Name, site, description, owner, seenAt) ?? whyNotGiven;
        return new SiteVerdict(site.Site, site.Ce, reason is null, Requirements.RankOrNull(description, site), reason, seenAt);
    }

    private string? WhyNotThere(string bridge, SiteMap site, JobDescription description, string owner, DateTimeOffset? seenAt) =>
        Requirements.Matches(description, site) switch
        {
            SiteMatch.No no => no.Reason,
            SiteMatch.Undefined undefined => undefined.Reason,
            _ when !site.IsOpenTo(owner) => $"it takes jobs of {string.Join(", ", site.Users.Take(5))} only",
            _ when clock.GetUtcNow() - seenAt > Limits.SiteAge => $"it was not heard of for {(clock.GetUtcNow() - seenAt)?.TotalSeconds:0} s",
            _ when sites.Health.Throttled(bridge) is { } throttled => $"it is throttled to one job at a time: {throttled}",
            _ => null,
        };

    private string? WhyNotGiven(Session session, JobRow row)
    {
        if (row.IsMaster) return null;
        if (row.State.IsFinal()) return $"the job has ended: {row.State.Text()}";
        if (row.State != JobState.Waiting) return $"a site has the job already: it is {row.State.Text()} at {row.Known.Site.Value}";
        if (DelayTable.Until(session, row.Job) is { } until) return $"the job is tried again at {until:HH:mm:ss} UTC";
        var before = DependencyTable.WaitingFor(session, row.Job);
        return before.Count > 0
            ? $"the job waits for {(before.Count == 1 ? "job" : "jobs")} {string.Join(", ", before.Take(5))}{(before.Count > 5 ? " …" : "")}"
            : WhyNotGiven(QuotaRules.WhyHeld(OwnerDesk.Of(session, row.Owner, clock.GetUtcNow())));
    }

    private static string? WhyNotGiven(string? held) => held is null ? null : $"the job is held (OVER_WAITING): {held}";
}
