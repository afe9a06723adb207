using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Raises alarms: one branch of an attempt was started by two agents (R-A65), as a bridge tells or a second agent's word shows. (A payload in another
/// branch is none: the bridge hands an attempt out again when a node has died.) Each stands in the job's trace, in the log, and in the list of
/// `hpcgrid-central alarms`. An alarm has a fixed place in the history of its branch, so it is there once (R-A62).
/// </summary>
internal static class AlarmDesk
{
    private const long AgentsCounter = 1L << 40;

    /// <summary>An event was taken in.</summary>
    public static void Look(JobBook book, JobEvent @event)
    {
        if (@event.What is Noted { IsAlarm: true } told) Keep(book, @event.AttemptId, told.Text);
    }

    /// <summary>An event came whose place in the history is taken: the same again, or another agent's start of the same branch.</summary>
    public static void LookAgain(JobBook book, JobEvent @event)
    {
        if (@event.What is not Started second || EventTable.At(book.Session, @event) is not Started first || first.Agent == second.Agent) return;
        Raise(book, @event.AttemptId, @event.Key.Branch, $"branch {@event.Key.Branch} of attempt {@event.Key.Attempt} was started by two agents: "
            + $"{first.Agent} on {first.Node} and {second.Agent} on {second.Node}");
    }

    private static void Raise(JobBook book, AttemptId id, int branch, string text)
    {
        var key = new EventKey(id.Attempt, branch, EventSource.Central, AgentsCounter);
        if (book.Record(new JobEvent(id.Job, key, book.Now, new Noted(text) { IsAlarm = true }))) Keep(book, id, text);
    }

    private static void Keep(JobBook book, AttemptId id, string text)
    {
        AlarmTable.Insert(book.Session, new Alarm(id, text, book.Now));
        book.Session.AfterCommit(() => Log.Error("alarm of job {JobId} attempt {Attempt}: {Alarm}", id.Job, id.Attempt, text));
    }
}
