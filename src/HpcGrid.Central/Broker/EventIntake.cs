using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Takes in what bridges report, a batch in one transaction. Repeated events vanish. An attempt has one end: DONE registers its outputs in the same
/// transaction or becomes ERROR_SV; what comes after the end stays in the history as a remark. Attempts that central gave up, that belong
/// to another bridge or that do not exist are answered as fenced, and the rest of the batch is taken.
/// </summary>
public sealed class EventIntake(CentralDatabase database, Descriptions descriptions, AssignmentBuilder builder, OutputRegistrar registrar,
    JobFlow flow, TimeProvider clock)
{
    public async Task<Reported> Report(Caller caller, ReportEvents request)
    {
        caller.MustBeBridge();
        if (request.Events.Count > Limits.EventsPerReport)
            throw new GridError(ErrorCode.TooLarge, $"a report of {request.Events.Count} events", $"Send at most {Limits.EventsPerReport} at once.");
        return await database.Write(session =>
        {
            var book = new JobBook(session, clock.GetUtcNow());
            book.Load(request.Events.Select(@event => @event.Job));
            var fenced = new SortedSet<AttemptId>();
            foreach (var @event in request.Events)
                if (!Take(book, caller.Name, @event)) fenced.Add(@event.AttemptId);
            flow.Save(book);
            return new Reported([.. fenced]);
        });
    }

    /// <summary>False when the attempt is fenced.</summary>
    private bool Take(JobBook book, string bridge, JobEvent @event)
    {
        if (book.Find(@event.Job) is not { } row || !IntakeRules.IsBridges(@event) || !Holds(book, row, bridge, @event.AttemptId))
        {
            Log.Warning("bridge {Bridge} reported {Kind} of job {JobId} attempt {Attempt}, which it does not hold", bridge,
                @event.What.GetType().Name, @event.Job, @event.Key.Attempt);
            return false;
        }
        row = book.Require(@event.Job);
        var over = JobMachine.IsStale(row.Known, @event.Key);
        return TakeFirst(book, row, @event, over) ? !over || IntakeRules.EndedByBridge(row, @event.Key.Attempt) : IsKnown(book, @event);
    }

    /// <summary>False when it was taken before; then nothing has changed.</summary>
    private bool TakeFirst(JobBook book, JobRow row, JobEvent @event, bool over)
    {
        if (@event.What is not Ended ended)
        {
            if (!book.Record(@event)) return false;
            AlarmDesk.Look(book, @event);
            return true;
        }
        if (EventTable.Exists(book.Session, @event)) return false;
        AssignmentTable.Delete(book.Session, @event.AttemptId);
        if (over) book.Record(@event with { What = Late(ended) });
        else End(book, row, @event, ended);
        return true;
    }

    private static bool IsKnown(JobBook book, JobEvent @event)
    {
        AlarmDesk.LookAgain(book, @event);
        return true;
    }

    /// <summary>A kill is final at once; what the job had written by then its owner may still read.</summary>
    private static Noted Late(Ended ended) => new($"a late end was ignored: {ended.State.Text()} {ended.Reason}".TrimEnd())
    {
        Payload = ended.Payload,
        StdoutTail = ended.StdoutTail.Length > 0 ? ended.StdoutTail : null,
        StderrTail = ended.StderrTail.Length > 0 ? ended.StderrTail : null,
    };

    private void End(JobBook book, JobRow row, JobEvent @event, Ended ended) =>
        flow.End(book, @event, Register(book, row, @event.AttemptId, IntakeRules.Judge(ended)));

    /// <summary>Enters its outputs; those of a failed attempt apart from good ones, and their loss does not change why it failed.</summary>
    private Ended Register(JobBook book, JobRow row, AttemptId id, Ended ended)
    {
        if (ended.Outputs.Count == 0) return ended;
        var good = ended.State is JobState.Done or JobState.DoneWarn;
        var owner = new Viewer(row.Owner, AccountTable.Find(book.Session, row.Owner)?.Role == Role.Admin);
        var directory = good ? builder.OutputDirectory(descriptions.Of(book.Session, row)) : builder.ErrorDirectory(row, id.Attempt);
        if (registrar.Register(book.Session, id, owner, directory, ended.Outputs, out var missing) is not { } fault)
            return !good || missing == 0 ? ended
                : ended with { State = JobState.DoneWarn, Reason = $"{missing} copies of its outputs that were asked for could not be made" };
        return good
            ? ended with { State = JobState.ErrorSV, Reason = "outputs cannot be registered: " + fault, Outputs = [] }
            : ended with { Reason = $"{ended.Reason}; its error outputs cannot be registered: {fault}", Outputs = [] };
    }

    /// <summary>True when central gave this attempt to this bridge.</summary>
    private static bool Holds(JobBook book, JobRow row, string bridge, AttemptId id) =>
        row.Known.Bridge.IsOf(id.Attempt)
            ? row.Known.Bridge.Value == bridge
            : id.Attempt < row.Attempt && EventTable.FromCentral(book.Session, id).Any(@event => @event.What is Assigned assigned && assigned.Bridge == bridge);
}
