using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>Looking at jobs. Others' jobs do not exist for a user; an admin sees all.</summary>
public sealed class JobQueries(Descriptions descriptions, AssignmentBuilder builder, CatalogueOutputs outputs, TimeProvider clock)
{
    private readonly JobSearch _search = new(descriptions, clock);

    public JobDetail Describe(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        var known = descriptions.Of(session, row);
        return new JobDetail(Lines(session, [row])[0], known.Description.Job.Jdl, builder.OutputDirectory(known).Path)
        {
            WaitsFor = DependencyTable.WaitingFor(session, job),
        };
    }

    public JobTrace Trace(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        return new JobTrace(job, [.. JobRow.Beginning(job, row.Subjobs, row.SubmittedAt).Concat(EventTable.Of(session, job)).OrderBy(@event => @event.Key)]);
    }

    public JobLog Log(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        var said = EventTable.Of(session, job).Select(@event => SaidBy(@event.What)).LastOrDefault(said => said.Stdout.Length + said.Stderr.Length > 0);
        return new JobLog(job, row.State.Text(), said.Stdout ?? "", said.Stderr ?? "", outputs.Of(session, job))
        {
            StdoutBytes = said.Payload?.StdoutBytes,
            StderrBytes = said.Payload?.StderrBytes,
        };
    }

    /// <summary>The last words of an attempt; those of a killed one come after its end.</summary>
    private static (string Stdout, string Stderr, PayloadResult? Payload) SaidBy(Happening what) => what switch
    {
        Ended ended => (ended.StdoutTail, ended.StderrTail, ended.Payload),
        Noted noted => (noted.StdoutTail ?? "", noted.StderrTail ?? "", noted.Payload),
        _ => ("", "", null),
    };

    public EntryList Outputs(Session session, Caller caller, ListOutputs request)
    {
        var row = Require(session, caller, request.Job);
        var jobs = row.IsMaster ? (row.Job + 1, row.Job + row.Subjobs) : (row.Job, row.Job);
        return outputs.Of(session, jobs, request.After, request.Limit);
    }

    public JobProgress Follow(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        var node = row.Known.Node.IsOf(row.Attempt) ? row.Known.Node.Value : null;
        return new JobProgress
        {
            Job = job,
            State = row.State.Text(),
            States = row.IsMaster
                ? Children(session, row)
                : new Dictionary<string, int> { [Held(session, row, []) is null ? row.State.Text() : JobState.OverWaiting.Text()] = 1 },
            Nodes = row.IsMaster ? ChildCountTable.Nodes(session, job)
                : node is null ? []
                : [new NodeProgress(node, row.State.IsFinal() ? 0 : 1, row.State.IsFinal() ? 1 : 0)],
            SubmittedAt = row.SubmittedAt,
            EndedAt = row.State.IsFinal() ? Current(row, row.Known.EndedAt) : null,
            Now = clock.GetUtcNow(),
        };
    }

    public JobList List(Session session, Caller caller, ListJobs request)
    {
        var found = _search.Find(session, caller, request);
        return new JobList(Lines(session, found.Rows), found.Next is not null) { Next = found.Next };
    }

    private List<JobLine> Lines(Session session, IReadOnlyList<JobRow> rows)
    {
        var titles = DescriptionTable.Titles(session, rows.Select(row => row.Description).Distinct().ToList());
        var held = new Dictionary<string, string?>();
        return [.. rows.Select(row => Held(session, row, held) is { } why
            ? Line(session, row, titles[row.Description]) with { State = JobState.OverWaiting.Text(), Reason = why }
            : Line(session, row, titles[row.Description]))];
    }

    private Dictionary<string, int> Children(Session session, JobRow master)
    {
        var states = ChildCountTable.States(session, master.Job);
        var held = states.ContainsKey(JobState.Waiting) && OwnerDesk.WhyHeld(session, master.Owner, clock.GetUtcNow()) is not null;
        return states.ToDictionary(pair => (held && pair.Key == JobState.Waiting ? JobState.OverWaiting : pair.Key).Text(), pair => pair.Value);
    }

    /// <summary>Why a waiting job is not given out though sites may match it: its owner is over a quota. Shown, not stored.</summary>
    private string? Held(Session session, JobRow row, Dictionary<string, string?> known)
    {
        if (row.State != JobState.Waiting) return null;
        if (!known.TryGetValue(row.Owner, out var why)) known[row.Owner] = why = OwnerDesk.WhyHeld(session, row.Owner, clock.GetUtcNow());
        return why;
    }

    private JobLine Line(Session session, JobRow row, string title) => new()
    {
        Job = row.Job,
        User = row.Owner,
        State = row.State.Text(),
        Name = title,
        Master = row.Master,
        Children = row.IsMaster ? Children(session, row) : null,
        Attempt = row.Attempt,
        Site = row.Known.Site.IsOf(row.Attempt) ? row.Known.Site.Value : null,
        Node = row.Known.Node.IsOf(row.Attempt) ? row.Known.Node.Value : null,
        SubmittedAt = row.SubmittedAt,
        StartedAt = Current(row, row.Known.StartedAt),
        EndedAt = row.State.IsFinal() ? Current(row, row.Known.EndedAt) : null,
        Payload = row.Known.Payload.IsOf(row.Attempt) ? row.Known.Payload.Value : null,
        Reason = row.Known.Reason.IsOf(row.Attempt) ? row.Known.Reason.Value : null,
    };

    private static DateTimeOffset? Current(JobRow row, Latest<DateTimeOffset> time) => time.IsOf(row.Attempt) ? time.Value : null;

    private static JobRow Require(Session session, Caller caller, long job) =>
        JobTable.Find(session, job) is { } row && JobRules.MaySee(caller, row)
            ? row
            : throw GridError.NotFound($"there is no job {job}", "See your jobs: hpcgrid ps.");
}
