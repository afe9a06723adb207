using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>Offers jobs whose pause before another try is over; in steps, so that other writers get their turn.</summary>
public sealed class Delays(CentralDatabase database, JobFlow flow, TimeProvider clock)
{
    public async Task Tick()
    {
        while (database.Read(session => DelayTable.Due(session, clock.GetUtcNow(), 1)).Count > 0) await database.Write(OfferSome);
    }

    private void OfferSome(Session session)
    {
        var book = new JobBook(session, clock.GetUtcNow());
        var due = DelayTable.Due(session, book.Now, Limits.JobsPerTransaction);
        book.Load(due);
        foreach (var job in due) DelayTable.Delete(session, job);
        foreach (var group in due.Select(job => book.Find(job)!).Where(row => row.State == JobState.Waiting
            && !WaitingTable.Contains(session, row.Description, row.Job)).GroupBy(row => row.Description))
            flow.Offer(book, group.Key, [.. group.Select(row => row.Job)]);
        flow.Save(book);
    }
}
