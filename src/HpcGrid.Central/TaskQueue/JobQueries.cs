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
    /// <summary>Rows a filter may pass over in one answer, so that a rare state in a huge production does not hold a reader for long.</summary>
    private const int RowsPerSearch = 500_000;

    public JobDetail Describe(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        var description = descriptions.Get(session, row.Description);
        return new JobDetail(Lines(session, [row])[0], description.Job.Jdl, builder.OutputDirectory(description, row).Path);
    }

    public JobTrace Trace(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        return new JobTrace(job, [.. JobRow.Beginning(job, row.Subjobs, row.SubmittedAt).Concat(EventTable.Of(session, job)).OrderBy(@event => @event.Key)]);
    }

    public JobLog Log(Session session, Caller caller, long job)
    {
        var row = Require(session, caller, job);
        var ends = EventTable.Of(session, job).Select(@event => @event.What).OfType<Ended>().Reverse().ToList();
        var said = ends.Find(ended => ended.StdoutTail.Length + ended.StderrTail.Length > 0);
        return new JobLog(job, row.State.Text(), said?.StdoutTail ?? "", said?.StderrTail ?? "", outputs.Of(session, job));
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
                ? ChildCountTable.States(session, job).ToDictionary(pair => pair.Key.Text(), pair => pair.Value)
                : new Dictionary<string, int> { [row.State.Text()] = 1 },
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
        caller.MustBePerson();
        var limit = Math.Clamp(request.Limit, 1, Limits.PageSize);
        var states = request.States.Select(Parse).ToHashSet();
        var found = new List<JobRow>();
        var before = request.Before ?? long.MaxValue;
        for (var seen = 0; found.Count <= limit && seen < RowsPerSearch;)
        {
            var page = Page(session, caller, request, states, before, states.Count > 0 ? Limits.PageSize : limit + 1);
            found.AddRange(page.Rows.Where(row => states.Count == 0 || states.Contains(row.State)));
            if (page.Last is not { } last) break;
            (before, seen) = (last, seen + page.Rows.Count);
        }
        return new JobList(Lines(session, [.. found.Take(limit)]), found.Count > limit);
    }

    /// <summary>Rows before a number, newest first, and the number to go on from; null when these are the last.</summary>
    private (List<JobRow> Rows, long? Last) Page(Session session, Caller caller, ListJobs request, HashSet<JobState> states, long before, int size)
    {
        if (request.Jobs.Count > 0)
        {
            JobRules.MustBeFew(request.Jobs);
            var named = JobTable.Find(session, request.Jobs.Where(job => job < before).Distinct().ToList()).FindAll(row => JobRules.MaySee(caller, row));
            return ([.. named.OrderByDescending(row => row.Job)], null);
        }
        List<JobRow> rows;
        if (request.Master is { } master)
        {
            var top = Require(session, caller, master);
            rows = states.Count > 0 && states.All(state => (int)state < 0)
                ? JobTable.FailedChildren(session, master, before, size)
                : JobTable.NewestChildren(session, top, before, size);
        }
        else
        {
            if (request.AllUsers && !caller.IsAdmin) throw GridError.Denied("only an admin sees everybody's jobs", "Leave --all-users out.");
            rows = JobTable.Newest(session, request.AllUsers ? null : caller.Name, before, size);
        }
        return (rows, rows.Count < size ? null : rows[^1].Job);
    }

    private static List<JobLine> Lines(Session session, IReadOnlyList<JobRow> rows)
    {
        var titles = DescriptionTable.Titles(session, rows.Select(row => row.Description).Distinct().ToList());
        return [.. rows.Select(row => Line(session, row, titles[row.Description]))];
    }

    private static JobLine Line(Session session, JobRow row, string title) => new()
    {
        Job = row.Job,
        User = row.Owner,
        State = row.State.Text(),
        Name = title,
        Master = row.Master,
        Children = row.IsMaster ? ChildCountTable.States(session, row.Job).ToDictionary(pair => pair.Key.Text(), pair => pair.Value) : null,
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

    private static JobState Parse(string text) => JobStates.TryParse(text, out var state)
        ? state
        : throw GridError.Invalid($"'{text}' is not a job state", "States are AliEn's: WAITING, ASSIGNED, RUNNING, SAVING, DONE, ERROR_E …");

    private static JobRow Require(Session session, Caller caller, long job) =>
        JobTable.Find(session, job) is { } row && JobRules.MaySee(caller, row)
            ? row
            : throw GridError.NotFound($"there is no job {job}", "See your jobs: hpcgrid ps.");
}
