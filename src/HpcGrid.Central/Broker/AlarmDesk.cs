using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Raises alarms: two payloads of one attempt were started (R-A65), in two branches as central sees it, or in one branch by two agents as a bridge tells
/// or a second agent's word shows. Each stands in the job's trace, in the log, and in the list of `hpcgrid-central alarms`.
/// </summary>
internal static class AlarmDesk
{
    /// <summary>An event was taken in; the job as it was before.</summary>
    public static void Look(JobBook book, JobRow before, JobEvent @event)
    {
        if (@event.What is Noted { IsAlarm: true } told) Keep(book, @event.AttemptId, told.Text);
        if (@event.What is not Running || book.Find(@event.Job) is not { Known: { IsInconsistent: true } known } || before.Known.RunningBranches.Count
            == known.RunningBranches.Count) return;
        Raise(book, @event.AttemptId, $"two payloads of attempt {known.Attempt} were started, in branches {string.Join(" and ", known.RunningBranches)}; the last on "
            + $"{known.Node.Value}");
    }

    /// <summary>An event came whose place in the history is taken: the same again, or another agent's start of the same branch.</summary>
    public static void LookAgain(JobBook book, JobEvent @event)
    {
        if (@event.What is not Started second || EventTable.At(book.Session, @event) is not Started first || first.Agent == second.Agent) return;
        var text = $"branch {@event.Key.Branch} of attempt {@event.Key.Attempt} was started by two agents: {first.Agent} on {first.Node} and {second.Agent} on {second.Node}";
        if (!AlarmTable.Newest(book.Session, Limits.AlarmsShown).Exists(alarm => alarm.Id == @event.AttemptId && alarm.Text == text))
            Raise(book, @event.AttemptId, text);
    }

    private static void Raise(JobBook book, AttemptId id, string text)
    {
        book.Tell(id.Job, new Noted(text) { IsAlarm = true });
        Keep(book, id, text);
    }

    private static void Keep(JobBook book, AttemptId id, string text)
    {
        AlarmTable.Insert(book.Session, new Alarm(id, text, book.Now));
        book.Session.AfterCommit(() => Log.Error("alarm of job {JobId} attempt {Attempt}: {Alarm}", id.Job, id.Attempt, text));
    }
}
