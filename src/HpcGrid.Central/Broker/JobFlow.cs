using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Offers jobs and takes them back: new ones, those whose attempt is lost through no fault of theirs (a new attempt when they may be repeated, up
/// to a bound; otherwise EXPIRED), and those that are not wanted any more.
/// </summary>
public sealed class JobFlow(Descriptions descriptions, BridgeRoster roster)
{
    /// <summary>The attempt is gone with whoever held it.</summary>
    public void Lose(JobBook book, AttemptId id, string reason)
    {
        if (book.Find(id.Job) is not { } row || row.Attempt != id.Attempt || row.Known.Position.Final) return;
        if (MayOpenNext(book, row)) OpenNext(book, row, reason);
        else book.Tell(id.Job, new Ended(JobState.Expired) { Reason = reason });
    }

    /// <summary>True when central opens the next attempt by itself.</summary>
    public bool MayOpenNext(JobBook book, JobRow row) =>
        descriptions.Get(book.Session, row.Description).Row.Repeatable && row.Known.ShallowCount + row.Known.DeepCount < Limits.LostAttempts;

    /// <summary>Opens the next attempt and offers it.</summary>
    public void OpenNext(JobBook book, JobRow row, string reason)
    {
        var wasRunning = row.Known.RunningBranches.Count > 0;
        book.OpenNext(row.Job, reason, shallow: wasRunning ? 0 : 1, deep: wasRunning ? 1 : 0);
        Offer(book, row.Description, [row.Job]);
    }

    /// <summary>A new job, or all subjobs of a new master, may be given out.</summary>
    public void OfferNew(JobBook book, JobRow top)
    {
        var number = Math.Max(1, top.Subjobs);
        var description = descriptions.Get(book.Session, top.Description).Row;
        WaitingTable.AddRange(book.Session, description, top.IsMaster ? top.Job + 1 : top.Job, number, book.Now);
        book.Session.AfterCommit(() => roster.AnnounceWork(() => number));
    }

    /// <summary>Jobs may be given out.</summary>
    public void Offer(JobBook book, long description, IReadOnlyCollection<long> jobs)
    {
        WaitingTable.Add(book.Session, descriptions.Get(book.Session, description).Row, jobs, book.Now);
        book.Session.AfterCommit(() => roster.AnnounceWork(() => jobs.Count));
    }

    /// <summary>The jobs' current attempts are not wanted any more: not given out, and stopped where they are.</summary>
    public void Withdraw(JobBook book, IEnumerable<JobRow> rows)
    {
        var held = new List<Held>();
        foreach (var row in rows)
        {
            if (WaitingTable.Remove(book.Session, row.Description, row.Job)) continue;
            var id = new AttemptId(row.Job, row.Attempt);
            if (AssignmentTable.Find(book.Session, id) is not { } one) continue;
            AssignmentTable.MarkEnding(book.Session, id);
            held.Add(one);
        }
        foreach (var ofBridge in held.GroupBy(one => one.Bridge))
            book.Session.AfterCommit(() => roster.Kill(ofBridge.Key, [.. ofBridge.Select(one => one.Id)]));
    }
}
