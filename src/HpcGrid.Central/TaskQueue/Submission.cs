using System.Security.Cryptography;
using System.Text;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Takes in jobs: everything is checked before anything is stored, and all of it is stored in one transaction, a master with its subjobs too. With a
/// key, the same submission again gets the same answer and makes nothing; another text under the same key is a Conflict.
/// </summary>
public sealed class Submission(CentralDatabase database, SubmissionDrafts drafts, JobFlow flow, TimeProvider clock, string vo)
{
    public async Task<Submitted> Submit(Caller caller, SubmitJob request)
    {
        caller.MustBePerson();
        if (request.Key?.Length is 0 or > Limits.KeyLength) throw GridError.Invalid($"an idempotency key has 1 to {Limits.KeyLength} characters");
        var digest = Digest(request);
        var description = JobDescription.Read(request.Jdl, request.Arguments);
        var known = request.Key is { } key ? database.Read(session => Known(session, caller.Name, key, digest)) : null;
        if (known is not null) return Told(known, description, description.Remarks);
        var draft = database.Read(session => drafts.Make(session, caller, description));
        var submitted = await database.Write(session => Store(session, caller, request.Key, digest, draft, mustHaveRoom: true));
        return Told(submitted, description, [.. description.Remarks, .. draft.Remarks]);
    }

    /// <summary>As <see cref="Submit"/>, by central itself: the job gets these files beside what it describes, and no quota refuses it.</summary>
    public async Task<long> SubmitFor(Caller owner, SubmitJob request, IReadOnlyList<DataFile> data)
    {
        var digest = Digest(request);
        var description = JobDescription.Read(request.Jdl, request.Arguments);
        if (description.Split is not NoSplit) throw GridError.Invalid("a job that merges cannot be split", "Remove Split from its description.");
        var made = database.Read(session => drafts.Make(session, owner, description));
        var draft = made with { Inputs = made.Inputs with { Data = [.. made.Inputs.Data, .. data] } };
        var (sources, all) = (draft.Inputs.Sources, draft.Inputs.Data);
        if (sources.Count + all.Count > Limits.InputFiles)
            throw new GridError(ErrorCode.TooLarge, $"the job takes {sources.Count + all.Count} input files, {Limits.InputFiles} are allowed",
                "Merge in two steps: let each subjob make less, or merge parts by a production of their own.");
        SpecBuilder.Build(description, null, new JobContext(0, null, owner.Name, AccountRules.Home(vo, owner.Name)), sources, all);
        return (await database.Write(session => Store(session, owner, request.Key, digest, draft, mustHaveRoom: false))).Job;
    }

    /// <summary>What the same submission would make; nothing is stored.</summary>
    public JobPlan Plan(Caller caller, PlanJob request)
    {
        caller.MustBePerson();
        var description = JobDescription.Read(request.Jdl, request.Arguments);
        var draft = database.Read(session => drafts.Make(session, caller, description));
        var context = new JobContext(0, draft.Subjobs > 0 ? 0 : null, caller.Name, AccountRules.Home(vo, caller.Name));
        var shown = Enumerable.Range(0, Math.Clamp(request.Show, 0, Math.Min(Math.Max(1, draft.Subjobs), Limits.PlannedJobs))).Select(number =>
        {
            var (job, part, sources, data) = draft[number];
            // What a node reads that waits for others is not known before they have run.
            var waits = draft.Parts?[number].After.Count > 0;
            var spec = waits ? SpecBuilder.Preview(job, part, context) : SpecBuilder.Build(job, part, context, sources, data);
            return new PlannedJob(draft.Subjobs == 0 ? 0 : number + 1, spec, job.Requirements?.ToString());
        });
        return new JobPlan(draft.Subjobs, [.. shown], [.. description.Remarks, .. draft.Remarks]);
    }

    private static Submitted Told(Submitted submitted, JobDescription description, IReadOnlyList<string> remarks) => submitted with
    {
        Remarks = remarks,
        Nodes = description.Split is NodeSplit split ? [.. split.Nodes.Select(node => node.Name)] : [],
    };

    private Submitted Store(Session session, Caller caller, string? key, string digest, SubmissionDraft draft, bool mustHaveRoom)
    {
        if (key is not null && Known(session, caller.Name, key, digest) is { } known) return known;
        var book = new JobBook(session, clock.GetUtcNow());
        var first = CounterTable.Take(session, "job", draft.Subjobs + 1);
        var top = new JobRow
        {
            Job = first, Description = Descriptions.Store(session, caller.Name, draft.Job, draft.Inputs.Sources, draft.Inputs.Data), Owner = caller.Name,
            Subjobs = draft.Subjobs, SubmittedAt = book.Now, Known = Job.Unknown(first),
        };
        if (draft.Subjobs > 0) ChildCountTable.Add(session, first, JobState.Waiting, draft.Subjobs);
        if (mustHaveRoom) OwnerDesk.MustHaveRoom(session, caller.Name, Math.Max(1, draft.Subjobs), book.Now);
        OwnerLoadTable.Add(session, caller.Name, Math.Max(1, draft.Subjobs), 0);
        if (draft.Parts is { } parts) StoreParts(book, top, parts);
        else
        {
            JobTable.InsertNew(session, top);
            flow.OfferNew(book, top);
        }
        var answer = new Submitted(first, draft.Subjobs);
        if (key is not null) SubmissionTable.Insert(session, caller.Name, key, new SubmissionRow(digest, answer));
        return answer;
    }

    private void StoreParts(JobBook book, JobRow top, IReadOnlyList<DraftPart> parts)
    {
        var session = book.Session;
        var groups = Enumerable.Range(0, parts.Count).GroupBy(number => parts[number].Group).ToList();
        var stored = groups.ToDictionary(group => group.Key, group => StoreGroup(session, top.Owner, group.Key, [.. group], parts));
        JobTable.InsertNew(session, top, number => stored[parts[number].Group]);
        foreach (var group in groups)
            if (group.Where(number => parts[number].After.Count == 0).Select(number => top.Job + 1 + number).ToList() is { Count: > 0 } ready)
                flow.Offer(book, stored[group.Key], ready);
        for (var number = 0; number < parts.Count; number++)
        {
            if (parts[number].After is not { Count: > 0 } after) continue;
            var job = top.Job + 1 + number;
            foreach (var before in after) DependencyTable.Insert(session, job, top.Job + 1 + before);
            book.Tell(job, new Opened(WaitsFor([.. after.Select(before => top.Job + 1 + before)]), 0, 0));
        }
        flow.Save(book);
    }

    private static string WaitsFor(IReadOnlyList<long> jobs) => jobs.Count == 1 ? $"waits for job {jobs[0]}"
        : $"waits for jobs {string.Join(", ", jobs.Take(Limits.PredecessorsNamed))}{(jobs.Count > Limits.PredecessorsNamed ? ", …" : "")}";

    private static long StoreGroup(Session session, string owner, DraftGroup group, IReadOnlyList<int> numbers, IReadOnlyList<DraftPart> parts) =>
        parts[numbers[0]].Data is null
            ? Descriptions.Store(session, owner, group.Job, group.Sources, group.Data)
            : Descriptions.StoreDivided(session, owner, group.Job, group.Sources, [.. numbers.Select(number => (number, parts[number].Data!))]);

    private static Submitted? Known(Session session, string owner, string key, string digest) => SubmissionTable.Find(session, owner, key) switch
    {
        null => null,
        { } row when row.Digest == digest => row.Answer,
        { } row => throw GridError.Conflict($"the key '{key}' was used for another description (job {row.Answer.Job})", "Use a new key for a new submission."),
    };

    private static string Digest(SubmitJob request) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', request.Arguments.Prepend(request.Jdl)))));
}
