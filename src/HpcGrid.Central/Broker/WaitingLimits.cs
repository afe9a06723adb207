using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Ends jobs that wait for longer than their MaxWaitingTime as ERROR_W (R-A14). While a quota holds an owner's jobs they cannot start: then their time
/// does not run, and it begins anew when the quota holds them no more. Looks only into groups whose first job is overdue, in steps; a crash
/// in the middle goes on at the next tick. Also forgets what owners used more than a day ago.
/// </summary>
public sealed class WaitingLimits(CentralDatabase database, JobFlow flow, TimeProvider clock)
{
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);
    private DateTimeOffset _forgetDue;

    public async Task Tick()
    {
        var held = await NoteHeld();
        foreach (var (description, owner, seconds) in database.Read(session => WaitingTable.Overdue(session, clock.GetUtcNow())))
        {
            if (held.Contains(owner)) continue;
            DateTimeOffset? first = null;
            for (long? after = 0; after is { } from;)
                (after, first) = await database.Write(session => EndSome(session, description, TimeSpan.FromSeconds(seconds), from, first));
        }
        if (clock.GetUtcNow() < _forgetDue) return;
        _forgetDue = clock.GetUtcNow() + ForgetInterval;
        await database.Write(session => OwnerUsageTable.ForgetOld(session, clock.GetUtcNow()));
    }

    /// <summary>Owners whose jobs a quota holds now. It is noted for the time after.</summary>
    private async Task<IReadOnlyList<string>> NoteHeld()
    {
        var now = clock.GetUtcNow();
        var held = database.Read(session => WaitingTable.OwnersInHaste(session).Where(owner => OwnerDesk.WhyHeld(session, owner, now) is not null).ToList());
        if (held.Count > 0) await database.Write(session => { foreach (var owner in held) OwnerUsageTable.SetHeld(session, owner, now); });
        return held;
    }

    /// <summary>Where to go on, null at the end; and since when the first of those that stay waits.</summary>
    private (long? Next, DateTimeOffset? First) EndSome(Session session, long description, TimeSpan longest, long after, DateTimeOffset? first)
    {
        var book = new JobBook(session, clock.GetUtcNow());
        var page = WaitingTable.Page(session, description, after, Limits.JobsPerTransaction);
        book.Load(page);
        foreach (var row in page.Select(job => book.Find(job)!))
        {
            var since = WaitingSince(book, row);
            if (book.Now - since <= longest) first = first < since ? first : since;
            else
            {
                WaitingTable.Remove(session, description, row.Job);
                book.Tell(row.Job, new Ended(JobState.ErrorW) { Reason = $"no site took it within {longest.TotalSeconds:0} s (MaxWaitingTime)" });
            }
        }
        flow.Save(book);
        if (page.Count == Limits.JobsPerTransaction) return (page[^1], first);
        // Next time somebody looks here only when another one is due.
        if (first is { } left) WaitingTable.SetSince(session, description, left);
        return (null, first);
    }

    /// <summary>Since its attempt was opened; a node of a DAG since the last node before it was done.</summary>
    private static DateTimeOffset WaitingSince(JobBook book, JobRow row)
    {
        var free = FreeSince(book, row);
        return OwnerUsageTable.HeldUntil(book.Session, row.Owner) is { } until && until > free ? until : free;
    }

    private static DateTimeOffset FreeSince(JobBook book, JobRow row)
    {
        var opened = row.Attempt <= 1
            ? row.SubmittedAt
            : EventTable.FromCentral(book.Session, new AttemptId(row.Job, row.Attempt)).Where(@event => @event.What is Opened).Select(@event => @event.At)
                .FirstOrDefault(row.SubmittedAt);
        if (row.Master is null) return opened;
        var before = DependencyTable.Predecessors(book.Session, row.Job);
        return before.Count == 0 ? opened : before.Max(job => book.Find(job)!.Known.EndedAt.Value) is var free && free > opened ? free : opened;
    }
}
