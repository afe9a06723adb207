using System.Globalization;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>What jobs have saved.</summary>
public sealed class CatalogueOutputs
{
    /// <summary>The paths of all files that a job made, members of archives too.</summary>
    public IReadOnlyList<string> Of(Session session, long job) =>
        [.. EntryTable.OfJob(session, job).Select(entry => CatalogueTree.PathOf(session, entry).Path).Order(StringComparer.Ordinal)];

    /// <summary>A page of what a range of jobs made, by job. Throws GridError(Invalid) for a place to go on that no answer gave.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="jobs">First and last number.</param>
    /// <param name="after">Where the last page ended; null for the first page.</param>
    /// <param name="limit">Most entries.</param>
    public EntryList Of(Session session, (long First, long Last) jobs, string? after, int limit)
    {
        var page = Math.Clamp(limit, 1, Limits.PageSize);
        var (job, entry) = after is null ? (jobs.First, 0L) : Parse(after);
        var rows = EntryTable.OfJobs(session, (Math.Max(job, jobs.First), jobs.Last), entry, page + 1);
        var directories = new Dictionary<long, Lfn>();
        var found = rows.Take(page).Select(row => row.At(DirectoryOf(session, row, directories).Child(row.Name))).ToList();
        if (rows.Count <= page) return new EntryList(found, false);
        var last = rows[page - 1];
        return new EntryList(found, true) { Next = string.Create(CultureInfo.InvariantCulture, $"{last.Job}.{last.Id}") };
    }

    /// <summary>Outputs of a production lie in few directories: each is climbed from once.</summary>
    private static Lfn DirectoryOf(Session session, EntryRow row, Dictionary<long, Lfn> known)
    {
        if (known.TryGetValue(row.Parent, out var path)) return path;
        var directory = EntryTable.Find(session, row.Parent) ?? throw new InvalidOperationException($"entry {row.Id} hangs on nothing");
        return known[row.Parent] = CatalogueTree.PathOf(session, directory);
    }

    private static (long Job, long Entry) Parse(string after) =>
        after.Split('.') is [var job, var entry] && long.TryParse(job, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? (number, id)
            : throw GridError.Invalid($"'{after}' is no place to go on from", "Give what the last answer called next.");
}
