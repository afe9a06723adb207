using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Offers jobs and takes them back: new ones, those whose attempt failed or was lost and that get another one (<see cref="RetryRules"/>), and those
/// that are not wanted any more. <see cref="Save"/> settles what follows for others: nodes of a DAG that may start now, masters that end.
/// </summary>
public sealed class JobFlow(Descriptions descriptions, BridgeRoster roster, NodeInputs nodes, SiteHealth health)
{
    private readonly MasterFlow _masters = new(descriptions);

    /// <summary>Writes all changes of the transaction, and what follows from them.</summary>
    public void Save(JobBook book)
    {
        while (book.HasChanges)
        {
            var settled = book.Settle();
            foreach (var (row, before) in settled.Changes)
            {
                DependencyFlow.Follow(book, this, row, before);
                MergeFlow.Follow(book, row, before);
                TellOwner(book, row, before);
            }
            foreach (var master in settled.Masters) _masters.Judge(book, master);
        }
    }

    /// <summary>An attempt ended, as its bridge told. When it gets another one, that is opened in the same transaction.</summary>
    public void End(JobBook book, JobEvent told, Ended ended)
    {
        var row = book.Find(told.Job) ?? throw new InvalidOperationException($"the end of an unknown job {told.Job}");
        OwnerUsageTable.Add(book.Session, row.Owner, book.Now, ended.Payload, descriptions.Get(book.Session, row.Description).Job.Price);
        if (row.Known.Bridge is { Value: { } bridge }) book.Session.AfterCommit(() => health.Ended(bridge, row.Description, ended));
        var failed = new FailedAttempt(ended.State, ended.Payload is not null || row.Known.RunningBranches.Count > 0, row.Known.Tries.Value, Confirmed: true);
        if (Decide(book, row, failed) is RetryDecision.Again again)
        {
            book.Record(told with { What = ended });
            OpenNext(book, row, again, $"{ended.State.Text()}: {ended.Reason ?? "no reason was told"}");
        }
        else book.Record(told with { What = ended with { Reason = WithWhy(book, row, failed, ended.Reason) } });
    }

    /// <summary>The attempt is gone with whoever held it.</summary>
    public void Lose(JobBook book, AttemptId id, string reason)
    {
        if (book.Find(id.Job) is not { } row || row.Attempt != id.Attempt || row.Known.Position.Final) return;
        var failed = new FailedAttempt(JobState.Expired, row.Known.RunningBranches.Count > 0, row.Known.Tries.Value, Confirmed: false);
        if (Decide(book, row, failed) is RetryDecision.Again again) OpenNext(book, row, again, reason);
        else book.Tell(id.Job, new Ended(JobState.Expired) { Reason = WithWhy(book, row, failed, reason) });
    }

    /// <summary>A new job, or all subjobs of a new master, may be given out.</summary>
    public void OfferNew(JobBook book, JobRow top)
    {
        var number = Math.Max(1, top.Subjobs);
        var description = descriptions.Get(book.Session, top.Description);
        WaitingTable.AddRange(book.Session, description, top.IsMaster ? top.Job + 1 : top.Job, number, book.Now);
        book.Session.AfterCommit(() => roster.AnnounceWork(() => number));
    }

    /// <summary>Jobs may be given out, those aside that other nodes of their DAG hold.</summary>
    public void Offer(JobBook book, long description, IReadOnlyCollection<long> jobs)
    {
        var free = new List<long>();
        foreach (var job in jobs)
            if (!DependencyTable.IsBehindOthers(book.Session, job)) free.Add(job);
            else if (!DependencyTable.IsHeld(book.Session, job) && nodes.Find(book, book.Find(job)!) is { } own) AddWaiting(book, own, [job]);
        if (free.Count > 0) AddWaiting(book, description, free);
    }

    /// <summary>The jobs' current attempts are not wanted any more: not given out, and stopped where they are.</summary>
    public void Withdraw(JobBook book, IEnumerable<JobRow> rows)
    {
        var held = new List<Held>();
        foreach (var row in rows)
        {
            if (WaitingTable.Remove(book.Session, row.Description, row.Job) || DelayTable.Delete(book.Session, row.Job)) continue;
            var id = new AttemptId(row.Job, row.Attempt);
            if (AssignmentTable.Find(book.Session, id) is not { } one) continue;
            AssignmentTable.MarkEnding(book.Session, id);
            held.Add(one);
        }
        foreach (var ofBridge in held.GroupBy(one => one.Bridge))
            book.Session.AfterCommit(() => roster.Kill(ofBridge.Key, [.. ofBridge.Select(one => one.Id)]));
    }

    /// <summary>One mail for what was submitted as one: of subjobs their master tells.</summary>
    private void TellOwner(JobBook book, JobRow row, JobState before)
    {
        if (row.Master is null && row.State.IsFinal() && !before.IsFinal() && descriptions.Get(book.Session, row.Description).Job.Email.Count > 0)
            MailTable.Insert(book.Session, new AttemptId(row.Job, row.Attempt), book.Now);
    }

    private void AddWaiting(JobBook book, long description, List<long> jobs)
    {
        WaitingTable.Add(book.Session, descriptions.Get(book.Session, description), jobs, book.Now);
        book.Session.AfterCommit(() => roster.AnnounceWork(() => jobs.Count));
    }

    private RetryDecision Decide(JobBook book, JobRow row, FailedAttempt failed)
    {
        if (!failed.State.IsFailure() || failed.State == JobState.Killed) return new RetryDecision.GiveUp(null);
        var description = descriptions.Get(book.Session, row.Description);
        var decision = RetryRules.Decide(failed, description.Job.Retries, description.Row.Repeatable);
        return decision is RetryDecision.Again && row.Master is { } master && _masters.WhyNotAgain(book, master, description.Job.Retries) is { } why
            ? new RetryDecision.GiveUp(why)
            : decision;
    }

    private string? WithWhy(JobBook book, JobRow row, FailedAttempt failed, string? reason) =>
        Decide(book, row, failed) is RetryDecision.GiveUp { Why: { } why } ? $"{reason ?? failed.State.Text()}; not tried again: {why}" : reason;

    private void OpenNext(JobBook book, JobRow row, RetryDecision.Again again, string reason)
    {
        if (row.Master is { } master && descriptions.Get(book.Session, row.Description).Job.Retries.MostResubmitted is not null)
            MasterTable.AddResubmitted(book.Session, master);
        book.OpenNext(row.Job, $"{again.Count} after {reason}", again.Tries);
        var pause = RetryRules.PauseBefore(again.Tries);
        if (pause > TimeSpan.Zero) DelayTable.Insert(book.Session, row.Job, book.Now + pause);
        else Offer(book, row.Description, [row.Job]);
    }
}
