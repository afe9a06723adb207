using System.Security.Cryptography;
using System.Text;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
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
public sealed class Submission(CentralDatabase database, InputResolver inputs, CatalogueTree tree, JobFlow flow, TimeProvider clock, string vo)
{
    public async Task<Submitted> Submit(Caller caller, SubmitJob request)
    {
        caller.MustBePerson();
        if (request.Key?.Length is 0 or > Limits.KeyLength) throw GridError.Invalid($"an idempotency key has 1 to {Limits.KeyLength} characters");
        var digest = Digest(request);
        var description = JobDescription.Read(request.Jdl, request.Arguments);
        var known = request.Key is { } key ? database.Read(session => Known(session, caller.Name, key, digest)) : null;
        return (known ?? await Store(caller, request.Key, digest, description)) with { Remarks = description.Remarks };
    }

    private async Task<Submitted> Store(Caller caller, string? key, string digest, JobDescription description)
    {
        var sources = database.Read(session => Check(session, caller, description));
        return await database.Write(session => Store(session, caller, key, digest, description, sources));
    }

    private IReadOnlyList<SourceFile> Check(Session session, Caller caller, JobDescription description)
    {
        var owner = new Viewer(caller.Name, caller.IsAdmin);
        var home = AccountRules.Home(vo, caller.Name);
        var sources = inputs.Resolve(session, owner, Lfn.Parse(home), description);
        var parts = Splitter.Count(description);
        // Number 0 is nobody's: what the default directory will be called is not known yet, and it is new.
        var context = new JobContext(0, parts > 0 ? 0 : null, caller.Name, home);
        var first = SpecBuilder.Build(description, parts > 0 ? Splitter.Part(description, 0) : null, context, sources);
        foreach (var path in OutputRules.KnownOutputs(first))
            if (tree.Find(session, path) is not null) throw GridError.Exists($"the output {path} exists already", "Remove it, or choose another OutputDir.");
        MustBeWritable(session, owner, Lfn.Parse(first.OutputDirectory));
        return sources;
    }

    private void MustBeWritable(Session session, Viewer owner, Lfn directory)
    {
        var there = directory;
        while (tree.Find(session, there) is null) there = there.Parent;
        if (tree.WalkToWrite(session, there, owner).IsDirectory) return;
        throw GridError.Invalid($"the output directory {directory} is below a file");
    }

    private Submitted Store(Session session, Caller caller, string? key, string digest, JobDescription description, IReadOnlyList<SourceFile> sources)
    {
        if (key is not null && Known(session, caller.Name, key, digest) is { } known) return known;
        var book = new JobBook(session, clock.GetUtcNow());
        var subjobs = Splitter.Count(description);
        var first = CounterTable.Take(session, "job", subjobs + 1);
        var top = new JobRow
        {
            Job = first, Description = Descriptions.Store(session, caller.Name, description, sources), Owner = caller.Name, Subjobs = subjobs,
            SubmittedAt = book.Now, Known = Job.Unknown(first),
        };
        JobTable.InsertNew(session, top);
        if (subjobs > 0) ChildCountTable.Add(session, first, JobState.Waiting, subjobs);
        OwnerLoadTable.Add(session, caller.Name, Math.Max(1, subjobs), 0);
        flow.OfferNew(book, top);
        var answer = new Submitted(first, subjobs);
        if (key is not null) SubmissionTable.Insert(session, caller.Name, key, new SubmissionRow(digest, answer));
        return answer;
    }

    private static Submitted? Known(Session session, string owner, string key, string digest) => SubmissionTable.Find(session, owner, key) switch
    {
        null => null,
        { } row when row.Digest == digest => row.Answer,
        { } row => throw GridError.Conflict($"the key '{key}' was used for another description (job {row.Answer.Job})", "Use a new key for a new submission."),
    };

    private static string Digest(SubmitJob request) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', request.Arguments.Prepend(request.Jdl)))));
}
