using System.Runtime.CompilerServices;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Jobs;

/// <summary>All jobs of a listing, page by page, newest first.</summary>
internal static class JobPages
{
    public static async IAsyncEnumerable<JobLine> All(Session session, ListJobs listing, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var before = listing.Before; ;)
        {
            var page = await session.Ask(listing with { Before = before, Limit = Limits.PageOfJobs }, ct);
            foreach (var job in page.Jobs) yield return job;
            if (!page.More || page.Jobs.Count == 0) yield break;
            before = page.Jobs.Min(job => job.Job);
        }
    }
}
