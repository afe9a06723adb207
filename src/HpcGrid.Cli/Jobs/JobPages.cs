using System.Runtime.CompilerServices;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Jobs;

/// <summary>Listings page by page, newest first.</summary>
internal static class JobPages
{
    public static async IAsyncEnumerable<JobLine> All(Session session, ListJobs listing, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var before = listing.Before; ;)
        {
            var page = await session.Ask(listing with { Before = before, Limit = Limits.PageOfJobs }, ct);
            foreach (var job in page.Jobs) yield return job;
            if (page.Next is null) yield break;
            before = page.Next;
        }
    }

    /// <summary>The first so many, and where to go on.</summary>
    public static async Task<JobList> Take(Session session, ListJobs listing, int limit, CancellationToken ct)
    {
        var jobs = new List<JobLine>();
        for (var before = listing.Before; ;)
        {
            var page = await session.Ask(listing with { Before = before, Limit = Math.Min(Limits.PageOfJobs, limit - jobs.Count) }, ct);
            jobs.AddRange(page.Jobs);
            if (page.Next is null || jobs.Count >= limit) return new JobList(jobs, page.More) { Next = page.Next };
            before = page.Next;
        }
    }
}
