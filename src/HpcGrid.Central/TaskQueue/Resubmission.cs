using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Opens the next attempt of jobs that have ended; of a master, of its failed subjobs. What the old attempt left in the catalogue goes first. A job that
/// must never run twice at a time waits until its bridge has confirmed the end of the old attempt.
/// </summary>
public sealed class Resubmission(CentralDatabase database, JobFlow flow, Descriptions descriptions, CatalogueChanges catalogue, TimeProvider clock)
{
    public async Task<JobActions> Resubmit(Caller caller, ResubmitJobs request)
    {
        caller.MustBePerson();
        JobRules.MustBeFew(request.Jobs);
        var actions = new List<JobAction>();
        foreach (var job in request.Jobs.Distinct()) actions.Add(await ResubmitOne(caller, job));
        return new JobActions(actions);
    }

    private async Task<JobAction> ResubmitOne(Caller caller, long job)
    {
        if (database.Read(session => JobTable.Find(session, job)) is not { } row || !JobRules.MaySee(caller, row))
            return new JobAction(job, false, $"there is no job {job}");
        if (row.IsMaster) return await ResubmitFailed(caller, row);
        var fault = await database.Write(session =>
        {
            var book = new JobBook(session, clock.GetUtcNow());
            var reason = Fault(book, job);
            if (reason is null) Open(book, caller, [job]);
            flow.Save(book);
            return reason;
        });
        return new JobAction(job, fault is null, fault ?? "resubmitted");
    }

    private async Task<JobAction> ResubmitFailed(Caller caller, JobRow master)
    {
        var (opened, held) = (0, 0);
        for (long? before = long.MaxValue; before is { } from;)
            before = await database.Write(session =>
            {
                var book = new JobBook(session, clock.GetUtcNow());
                var page = JobTable.FailedChildren(session, master.Job, from, Limits.JobsPerTransaction);
                book.Load(page);
                var ready = page.Where(row => row.State.IsFailure() && Fault(book, row.Job) is null).Select(row => row.Job).ToList();
                opened += ready.Count;
                held += page.Count(row => row.State.IsFailure()) - ready.Count;
                Open(book, caller, ready);
                flow.Save(book);
                return page.Count < Limits.JobsPerTransaction ? (long?)null : page[^1].Job;
            });
        var kept = held > 0 ? $"; {held} wait for their bridge to confirm the end of the old attempt" : "";
        return opened > 0
            ? new JobAction(master.Job, true, $"{opened} subjobs resubmitted{kept}")
            : new JobAction(master.Job, false, held > 0 ? $"nothing was resubmitted{kept}" : "none of its subjobs has failed");
    }

    private string? Fault(JobBook book, long job)
    {
        var row = book.Find(job) ?? throw new InvalidOperationException($"job {job} is missing");
        if (!row.State.IsFinal()) return $"it has not ended: {row.State.Text()}";
        return !descriptions.Get(book.Session, row.Description).Row.Repeatable && AssignmentTable.IsEnding(book.Session, job)
            ? "it must not run twice, and its bridge has not confirmed that the old attempt is gone"
            : null;
    }

    private void Open(JobBook book, Caller caller, List<long> jobs)
    {
        foreach (var owner in jobs.GroupBy(job => book.Find(job)!.Owner))
            OwnerDesk.MustHaveRoom(book.Session, owner.Key, owner.Count(), book.Now);
        foreach (var job in jobs)
        {
            catalogue.RemoveOutputsOf(book.Session, job);
            book.OpenNext(job, $"resubmitted by {caller.Name}", default);
        }
        foreach (var description in jobs.Select(job => book.Find(job)!).GroupBy(row => row.Description))
            flow.Offer(book, description.Key, [.. description.Select(row => row.Job)]);
        foreach (var master in jobs.Select(job => book.Find(job)!.Master).OfType<long>().Distinct())
        {
            MasterTable.Forget(book.Session, master);
            if (KillOrderTable.Find(book.Session, master) is { OnlyWaiting: true }) KillOrderTable.Delete(book.Session, master);
            book.Reopen(master);
        }
    }
}
