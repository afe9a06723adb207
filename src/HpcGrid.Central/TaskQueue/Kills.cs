using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Ends jobs for their owners. A master is ended at once and its subjobs in steps, under an order that a restart goes on with. Running attempts are
/// over for central at once and stay on their bridge's kill list until it says that they ended.
/// </summary>
public sealed class Kills(CentralDatabase database, JobFlow flow, TimeProvider clock)
{
    public async Task<JobActions> Kill(Caller caller, KillJobs request)
    {
        caller.MustBePerson();
        JobRules.MustBeFew(request.Jobs);
        var actions = await database.Write(session =>
        {
            var book = new JobBook(session, clock.GetUtcNow());
            book.Load(request.Jobs);
            List<JobAction> done = [.. request.Jobs.Distinct().Select(job => KillOne(book, caller, job))];
            flow.Save(book);
            return done;
        });
        await GoOn();
        return new JobActions(actions);
    }

    /// <summary>Works off the orders; also after a restart.</summary>
    public async Task GoOn()
    {
        foreach (var order in database.Read(KillOrderTable.All))
            while (await database.Write(session => KillSome(session, order.Master))) { }
    }

    private JobAction KillOne(JobBook book, Caller caller, long job)
    {
        if (book.Find(job) is not { } row || !JobRules.MaySee(caller, row)) return new JobAction(job, false, $"there is no job {job}");
        if (row.State.IsFinal()) return new JobAction(job, false, $"it has ended already: {row.State.Text()}");
        book.Tell(job, new Ended(JobState.Killed) { Reason = $"killed by {caller.Name}" });
        if (!row.IsMaster)
        {
            flow.Withdraw(book, [row]);
            return new JobAction(job, true, row.State == JobState.Waiting ? "killed before it was given out" : "killed; its bridge is told to stop it");
        }
        foreach (var merge in MergeTable.Of(book.Session, job).Select(merge => book.Find(merge.Job)!).Where(merge => !merge.State.IsFinal()))
        {
            book.Tell(merge.Job, new Ended(JobState.Killed) { Reason = $"killed with its master by {caller.Name}" });
            flow.Withdraw(book, [merge]);
        }
        KillOrderTable.Save(book.Session, new KillOrder(job, caller.Name, job + 1, $"killed with its master by {caller.Name}", OnlyWaiting: false));
        return new JobAction(job, true, $"killed with its {row.Subjobs} subjobs, as far as they had not ended");
    }

    private bool KillSome(Session session, long master)
    {
        if (KillOrderTable.Find(session, master) is not { } order || JobTable.Find(session, master) is not { } row) return false;
        var book = new JobBook(session, clock.GetUtcNow());
        var page = JobTable.HotFrom(session, Math.Max(order.Next, master + 1), master + row.Subjobs, Limits.JobsPerTransaction);
        var unfinished = page.FindAll(child => order.OnlyWaiting ? child.State == JobState.Waiting : !child.State.IsFinal());
        book.Load(unfinished);
        foreach (var child in unfinished) book.Tell(child.Job, new Ended(JobState.Killed) { Reason = order.Reason });
        flow.Withdraw(book, unfinished);
        flow.Save(book);
        if (page.Count < Limits.JobsPerTransaction) KillOrderTable.Delete(session, master);
        else KillOrderTable.Save(session, order with { Next = page[^1].Job + 1 });
        return page.Count == Limits.JobsPerTransaction;
    }
}
