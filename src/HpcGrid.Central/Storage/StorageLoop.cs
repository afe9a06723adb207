using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Storage;

/// <summary>
/// Deletes files that the catalogue gave up, and uploads that nobody will register: older than a day, or of an attempt that is over. Copies packs
/// together that are mostly holes, and takes over what an admin has changed about storage elements. Everything it does may be done twice.
/// </summary>
public sealed class StorageLoop(StorageElements elements, UploadDesk desk, CentralDatabase database, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>A report may be on its way while its upload looks orphaned.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private DateTimeOffset _refreshed = clock.GetUtcNow();

    public Task Run(CancellationToken stop) => Periodic.Run("storage cleaning", Period, clock, Tick, stop);

    /// <summary>One round.</summary>
    public async Task Tick()
    {
        if (clock.GetUtcNow() - _refreshed >= Limits.RoomAge)
        {
            elements.Refresh();
            _refreshed = clock.GetUtcNow();
        }
        await DiscardOrphans();
        foreach (var element in elements.All)
        {
            await Delete(element);
            await element.Packs.Compact();
        }
    }

    private async Task Delete(StorageElement element)
    {
        var pfns = database.Read(session => DeletionTable.Oldest(session, element.Name, Limits.DeletionsPerTick));
        if (pfns.Count == 0) return;
        foreach (var pfn in pfns) element.Store.Delete(pfn);
        await database.Write(session =>
        {
            foreach (var pfn in pfns)
            {
                PackTable.Delete(session, element.Name, StorageRules.GuidOf(pfn));
                DeletionTable.Delete(session, element.Name, pfn);
            }
        });
    }

    private async Task DiscardOrphans()
    {
        var now = clock.GetUtcNow();
        if (database.Read(session => Orphans(session, now)).Count == 0) return;
        // Judged again by the writer: one of them may have been registered meanwhile.
        await database.Write(session => { foreach (var upload in Orphans(session, now)) desk.Discard(session, upload); });
    }

    private static List<Upload> Orphans(Session session, DateTimeOffset now)
    {
        var orphans = UploadTable.OlderThan(session, now - Limits.UploadLife, Limits.DeletionsPerTick);
        var ofJobs = UploadTable.OfJobs(session, now - Grace, Limits.DeletionsPerTick);
        var rows = JobTable.Find(session, ofJobs.Select(upload => upload.Id.Job).Distinct().ToList()).ToDictionary(row => row.Job);
        orphans.AddRange(ofJobs.Where(upload =>
            !rows.TryGetValue(upload.Id.Job, out var row) || row.Attempt != upload.Id.Attempt || row.State.IsFinal()));
        return orphans;
    }
}
