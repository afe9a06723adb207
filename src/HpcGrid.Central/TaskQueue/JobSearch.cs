using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>What a search found, newest first, and the number before which to go on; null when there is nothing more.</summary>
internal sealed record FoundJobs(IReadOnlyList<JobRow> Rows, long? Next);

/// <summary>
/// Finds jobs by filters. Numbers, owner, state and time are left to the database; names, tags and places are looked at row by row. However rare
/// what is looked for, one answer costs at most <see cref="Limits.RowsPerSearch"/> rows: then it says where to go on.
/// </summary>
internal sealed class JobSearch(Descriptions descriptions, TimeProvider clock)
{
    /// <summary>Throws GridError: Denied for others' jobs, Invalid for a state that does not exist, NotFound for a master that does not.</summary>
    public FoundJobs Find(Session session, Caller caller, ListJobs request)
    {
        caller.MustBePerson();
        var filter = new RowFilter(session, request, descriptions, clock.GetUtcNow());
        var limit = Math.Clamp(request.Limit, 1, Limits.PageSize);
        if (request.Jobs.Count > 0) return Named(session, caller, request, filter, limit);
        var master = request.Master is { } number ? Master(session, caller, number) : null;
        var range = Whole(session, caller, request, master) with { States = JobRange.Bits(filter.States), SubmittedFrom = filter.SubmittedFrom };
        var found = new List<JobRow>();
        for (var seen = 0; seen < Limits.RowsPerSearch && range.Before > range.From; seen += Limits.RowsPerStep)
        {
            var from = StepFrom(session, request, master, range);
            for (var before = range.Before; before > from;)
            {
                var page = Page(session, request, master, range with { From = from, Before = before }, limit + 1);
                found.AddRange(page.Where(filter.Takes));
                if (found.Count > limit) return new FoundJobs(found[..limit], found[limit - 1].Job);
                before = page.Count <= limit ? from : page[^1].Job;
                if (filter.IsTired) return new FoundJobs(found, before > range.From ? before : null);
            }
            range = range with { Before = from };
        }
        return new FoundJobs(found, range.Before > range.From ? range.Before : null);
    }

    private static FoundJobs Named(Session session, Caller caller, ListJobs request, RowFilter filter, int limit)
    {
        JobRules.MustBeFew(request.Jobs);
        var before = request.Before ?? long.MaxValue;
        var rows = JobTable.Find(session, request.Jobs.Where(job => job < before).Distinct().ToList())
            .FindAll(row => JobRules.MaySee(caller, row) && filter.TakesAll(row));
        rows.Sort((left, right) => right.Job.CompareTo(left.Job));
        return rows.Count > limit ? new FoundJobs(rows[..limit], rows[limit - 1].Job) : new FoundJobs(rows, null);
    }

    private static JobRow Master(Session session, Caller caller, long master) =>
        JobTable.Find(session, master) is { } row && JobRules.MaySee(caller, row)
            ? row
            : throw GridError.NotFound($"there is no job {master}", "See your jobs: hpcgrid ps.");

    /// <summary>All numbers that the request could mean.</summary>
    private static JobRange Whole(Session session, Caller caller, ListJobs request, JobRow? master)
    {
        var before = request.Before ?? long.MaxValue;
        if (master is not null) return new JobRange(null, master.Job + 1, Math.Min(before, master.Job + master.Subjobs + 1));
        if (request.AllUsers && !caller.IsAdmin) throw GridError.Denied("only an admin sees everybody's jobs", "Leave --all-users out.");
        if (request.User is { } user && user != caller.Name && !caller.IsAdmin)
            throw GridError.Denied($"only an admin sees the jobs of {user}", "Leave --user out.");
        return new JobRange(request.User ?? (request.AllUsers ? null : caller.Name), 1, Math.Min(before, JobTable.Last(session) + 1));
    }

    /// <summary>Where the next step ends, so that it costs a bounded number of rows.</summary>
    private static long StepFrom(Session session, ListJobs request, JobRow? master, JobRange range) => master is not null || request.Subjobs
        ? Math.Max(range.From, range.Before - Limits.RowsPerStep)
        : JobTable.Boundary(session, range.Owner, range.Before, Limits.RowsPerStep) ?? range.From;

    private static List<JobRow> Page(Session session, ListJobs request, JobRow? master, JobRange range, int size)
    {
        if (master is not null && range.States != -1 && range.States >> 32 == 0)
            return JobTable.FailedChildren(session, master.Job, range, size);
        return master is not null || request.Subjobs ? JobTable.NewestOfAll(session, range, size) : JobTable.Newest(session, range, size);
    }

    /// <summary>What the database does not decide.</summary>
    private sealed class RowFilter
    {
        private readonly Session _session;
        private readonly ListJobs _request;
        private readonly Descriptions _descriptions;
        private readonly DateTimeOffset _now;
        private readonly HashSet<JobState> _asked;
        private readonly Dictionary<long, bool> _verdicts = [];
        private readonly Dictionary<string, bool> _held = [];

        public RowFilter(Session session, ListJobs request, Descriptions descriptions, DateTimeOffset now)
        {
            (_session, _request, _descriptions, _now) = (session, request, descriptions, now);
            _asked = request.States.Count == 0 ? [.. Enum.GetValues<JobState>()] : [.. request.States.Select(Parse)];
            // Over a quota is shown, not stored: such jobs are stored as waiting ones.
            States = _asked.Contains(JobState.OverWaiting) ? [.. _asked.Append(JobState.Waiting).Distinct()] : _asked;
            SubmittedFrom = Math.Max(0, request.Since?.ToUnixTimeMilliseconds() ?? 0);
        }

        public IReadOnlyCollection<JobState> States { get; }
        public long SubmittedFrom { get; }

        /// <summary>So many different descriptions were looked at that the rest is for the next answer.</summary>
        public bool IsTired => _verdicts.Count >= Limits.DescriptionsPerSearch;

        public bool TakesAll(JobRow row) =>
            States.Contains(row.State) && row.SubmittedAt.ToUnixTimeMilliseconds() >= SubmittedFrom && Takes(row);

        public bool Takes(JobRow row) =>
            (row.State != JobState.Waiting || _asked.Contains(IsHeld(row.Owner) ? JobState.OverWaiting : JobState.Waiting))
            && (_request.Site is not { } site || Matches(site, row.Known.Site, row))
            && (_request.Node is not { } node || Matches(node, row.Known.Node, row))
            && ((_request.Name is null && _request.Tag is null) || TakesDescription(row.Description));

        private bool IsHeld(string owner) =>
            _held.TryGetValue(owner, out var known) ? known : _held[owner] = OwnerDesk.WhyHeld(_session, owner, _now) is not null;

        private static bool Matches(string pattern, Latest<string> place, JobRow row) =>
            place.IsOf(row.Attempt) && place.Value is { } name && NamePattern.Matches(pattern, name);

        private bool TakesDescription(long description)
        {
            if (_verdicts.TryGetValue(description, out var known)) return known;
            return _verdicts[description] = (_request.Name is not { } name || NamePattern.Matches(name, Title(description)))
                && (_request.Tag is not { } tag || _descriptions.Get(_session, description).Job.JobTag.Any(text => NamePattern.Matches(tag, text)));
        }

        private string Title(long description) => DescriptionTable.Titles(_session, [description])[description];

        private static JobState Parse(string text) => JobStates.TryParse(text, out var state)
            ? state
            : throw GridError.Invalid($"'{text}' is not a job state", "States are AliEn's: WAITING, ASSIGNED, RUNNING, SAVING, DONE, ERROR_E …");
    }
}
