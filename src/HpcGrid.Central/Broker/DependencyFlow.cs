using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// The execution of DAGs (R-A3). A node is held, WAITING but not offered, until all nodes before it are done; it is offered in the transaction in which
/// the last of them is. When one fails for good, those behind it end as ERROR_A with its name; when it is tried again, they wait again.
/// </summary>
internal static class DependencyFlow
{
    /// <summary>Looks at what comes behind a job whose state has changed and is stored.</summary>
    public static void Follow(JobBook book, JobFlow flow, JobRow row, JobState before)
    {
        if (row.Master is null || before.IsFinal() == row.State.IsFinal()) return;
        var dependants = DependencyTable.Dependants(book.Session, row.Job);
        if (dependants.Count == 0) return;
        book.Load(dependants);
        foreach (var dependant in dependants.Select(job => book.Find(job)!))
        {
            if (row.State is JobState.Done or JobState.DoneWarn) Release(book, flow, dependant);
            else if (row.State.IsFinal()) End(book, dependant, row);
            else if (EndedUnstarted(dependant)) book.OpenNext(dependant.Job, $"job {row.Job} before it runs again", default);
        }
    }

    private static void Release(JobBook book, JobFlow flow, JobRow held)
    {
        if (IsHeld(book, held)) flow.Offer(book, held.Description, [held.Job]);
    }

    private static void End(JobBook book, JobRow held, JobRow failed)
    {
        if (!IsHeld(book, held)) return;
        // Behind a chain of such ends the user wants to know the first failure, which made all of them.
        var reason = EndedUnstarted(failed) ? failed.Known.Reason.Value : $"job {failed.Job} before it ended {failed.State.Text()}";
        book.Tell(held.Job, new Ended(JobState.ErrorA) { Reason = reason });
    }

    /// <summary>False for one that was offered already, when a node before it runs a second time: its inputs were there.</summary>
    private static bool IsHeld(JobBook book, JobRow row) => row.State == JobState.Waiting
        && !WaitingTable.Contains(book.Session, row.Description, row.Job) && DelayTable.Until(book.Session, row.Job) is null;

    /// <summary>It ended here, and was never given out in this attempt.</summary>
    private static bool EndedUnstarted(JobRow row) => row.State == JobState.ErrorA && !row.Known.Bridge.IsOf(row.Attempt);
}
