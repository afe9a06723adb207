using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>What merge jobs mean for their master: it ends with the last of its newest round, and merges again when one of them runs again.</summary>
internal static class MergeFlow
{
    /// <summary>Looks at a job that has changed and may be a merge job.</summary>
    public static void Follow(JobBook book, JobRow row, JobState before)
    {
        if (row.Master is not null || before.IsFinal() == row.State.IsFinal() || MergeTable.Find(book.Session, row.Job) is not { } merge) return;
        if (book.Find(merge.Master) is not { } master) return;
        if (row.State.IsFinal()) EndMaster(book, master);
        else if (master.State.IsFinal() && merge.Round == MergeTable.Of(book.Session, master.Job)[^1].Round)
        {
            book.OpenNext(master.Job, $"merge job {row.Job} runs again", default);
            book.Tell(master.Job, new SplitUp(master.Subjobs));
            book.Tell(master.Job, new MergeOrdered());
        }
    }

    /// <summary>Ends a merging master whose merge jobs have all ended.</summary>
    public static void EndMaster(JobBook book, JobRow master)
    {
        if (master.State != JobState.Merging) return;
        var all = MergeTable.Of(book.Session, master.Job);
        var jobs = all.Where(job => job.Round == all[^1].Round).Select(job => book.Find(job.Job)!).ToList();
        if (!jobs.TrueForAll(job => job.State.IsFinal())) return;
        var end = MasterRules.End(ChildCountTable.States(book.Session, master.Job));
        book.Tell(master.Job, jobs.Find(job => job.State.IsFailure()) is { } failed
            ? new Ended(JobState.ErrorM) { Reason = $"merge job {failed.Job} ended {failed.State.Text()}" }
            : end with { Reason = $"{end.Reason}; the outputs of those that are done are merged" });
    }
}
