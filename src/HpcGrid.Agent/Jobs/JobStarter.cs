namespace HpcGrid.Agent.Jobs;

/// <summary>Gives waiting jobs their slots: those with a good grant that fit, in their order, small ones past one that waits for room (A3, A4).</summary>
internal sealed class JobStarter(QueueBook book, NodeRoom room, GrantGate grants, JobRunner runner, ISpoolOrders spool, AgentClock clock)
{
    /// <summary>Starts what can be started now.</summary>
    /// <param name="left">Until running jobs are stopped; null: for ever.</param>
    public void Start(TimeSpan? left)
    {
        var now = clock.Now;
        foreach (var run in book.Waiting(Limits.PackingLookahead))
        {
            if (room.IsFull) return;
            if (!room.MayStart(run, now)) continue;
            if (!run.Queue.MayStart || book.IsActive(run.Job.Id)) continue;
            switch (grants.Check(run, clock.Utc))
            {
                case Admission.KeysMissing:
                    grants.AskKeys(spool);
                    return;
                case Admission.NoKeys:
                    book.Take(run);
                    runner.HandBack(run, "the spool shows no keys to verify grants with");
                    break;
                case Admission.TooLate:
                    book.Take(run);
                    runner.HandBack(run, run.Reason!);
                    break;
                case Admission.TooEarly:
                    book.Take(run);
                    runner.GiveBack(run, run.Reason!);
                    return;
                case Admission.Refused:
                    book.Take(run);
                    runner.Refuse(run);
                    break;
                case Admission.Granted:
                    Place(run, left, now);
                    break;
            }
        }
    }

    /// <summary>Does of the next job what can be done before a slot is free.</summary>
    public void LookAhead()
    {
        foreach (var run in book.Waiting(Limits.PackingLookahead))
            if (grants.LookAhead(run)) return;
    }

    private void Place(JobRun run, TimeSpan? left, TimeSpan now)
    {
        switch (room.Take(run, left, now))
        {
            case Fit.Never:
                book.Take(run);
                runner.HandBack(run, "it does not fit into this node or into the time that is left");
                break;
            case Fit.Now:
                book.Take(run);
                book.Activate(run);
                run.SlotEnd = now + left - Limits.SlotEndMargin;
                runner.Begin(run);
                break;
            case Fit.Later:
                break;
        }
    }
}
