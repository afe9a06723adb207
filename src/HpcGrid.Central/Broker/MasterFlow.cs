using HpcGrid.Central.Events;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// What becomes of masters when subjobs change: they end with the last one, and too many failures stop the rest. Performs what
/// <see cref="MasterRules"/> decide, in the transaction of the change.
/// </summary>
public sealed class MasterFlow(Descriptions descriptions)
{
    /// <summary>Looks at a master whose subjobs' counts have changed.</summary>
    public void Judge(JobBook book, long master)
    {
        var row = book.Find(master) ?? throw new InvalidOperationException($"master {master} is missing");
        if (row.State != JobState.Split) return;
        var children = ChildCountTable.States(book.Session, master);
        var description = descriptions.Get(book.Session, row.Description).Job;
        if (!children.Keys.All(state => state.IsFinal()))
        {
            if (MasterRules.Excess(description.Retries, children) is { } excess) Stop(book, row, excess);
        }
        else if (description.Merge is not null && children.ContainsKey(JobState.Done)) OrderMerging(book, row);
        else book.Tell(master, MasterRules.End(children));
    }

    /// <summary>Why a subjob of this master gets no new attempt; null when nothing forbids it.</summary>
    public string? WhyNotAgain(JobBook book, long master, RetryPolicy policy)
    {
        if ((policy.MostFailed is not null || policy.MostFailedAtFirst is not null) && MasterTable.Stopped(book.Session, master) is { } stopped) return stopped;
        if (policy.MostResubmitted is not { } portion) return null;
        var most = portion.Of(book.Find(master)?.Subjobs ?? 0);
        return MasterTable.Resubmitted(book.Session, master) < most ? null
            : $"the subjobs of {master} have had the {most} new attempts that {portion.Text} allows";
    }

    /// <summary>The jobs are submitted after this transaction, by whoever works off the orders.</summary>
    private static void OrderMerging(JobBook book, JobRow row)
    {
        book.Tell(row.Job, new MergeOrdered());
        MergeTable.Order(book.Session, row.Job, row.Attempt);
    }

    /// <summary>What runs may end; what waits is killed in steps.</summary>
    private static void Stop(JobBook book, JobRow row, string reason)
    {
        if (!MasterTable.Stop(book.Session, row.Job, reason)) return;
        book.Tell(row.Job, new Noted(reason));
        KillOrderTable.Save(book.Session, new KillOrder(row.Job, row.Owner, row.Job + 1, reason, OnlyWaiting: true));
    }
}
