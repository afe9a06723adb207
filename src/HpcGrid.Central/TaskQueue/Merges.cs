using System.Globalization;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Begins the merging of masters whose subjobs have ended (jalien.md 3.6): writes the collections, and submits a job for each file to be merged, in the
/// name of the owner, with the registered outputs of the subjobs that are done as its inputs. The orders stand in the database and submissions have keys,
/// so a crash at any point goes on and makes nothing twice. What cannot be begun ends the master as ERROR_M with the reason.
/// </summary>
public sealed class Merges(CentralDatabase database, Descriptions descriptions, JobFlow flow, Submission submission, MergeFiles files, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;

    /// <summary>Works off the orders; one after the other, whoever asks.</summary>
    public Task GoOn()
    {
        lock (_lock) return _last = GoOnAfter(_last);
    }

    private async Task GoOnAfter(Task before)
    {
        // Whoever asked for that one has its errors.
        await before.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        foreach (var (master, round) in database.Read(MergeTable.Orders))
        {
            try { await Begin(master, round); }
            catch (GridError e) when (!e.IsTransient) { await Fail(master, round, e); }
            catch (GridError e) { Log.Warning("merging of {JobId} cannot begin yet: {Reason}", master, e.Message); }
        }
    }

    private async Task Begin(long master, int round)
    {
        if (await database.Write(session => Prepare(session, master, round)) is not { } row) return;
        var (plan, owner) = database.Read(session => (descriptions.Get(session, row.Description).Job.Merge!,
            new Caller(row.Owner, AccountTable.Find(session, row.Owner)?.Role ?? Role.User, null)));
        var outputs = database.Read(session => files.OutputsOf(session, row));
        var directory = database.Read(session => files.DirectoryOf(session, row, plan));
        for (var i = 0; i < plan.Collections.Count; i++) await files.WriteCollection(row, plan.Collections[i], outputs);
        var jobs = new List<MergeJob>();
        for (var i = 0; i < plan.Files.Count; i++)
        {
            var request = Request(row, plan.Files[i], directory, $"merge-{master}-{round}-{i}");
            jobs.Add(new MergeJob(await submission.SubmitFor(owner, request, MergeFiles.Select(outputs, plan.Files[i])), master, round));
        }
        await database.Write(session => Settle(session, master, round, jobs));
    }

    /// <summary>What older rounds left goes. Null when merging is not wanted any more.</summary>
    private JobRow? Prepare(Session session, long master, int round)
    {
        var book = new JobBook(session, clock.GetUtcNow());
        if (book.Find(master) is not { State: JobState.Merging } row || row.Attempt != round)
        {
            MergeTable.Delete(session, master, round);
            return null;
        }
        foreach (var old in MergeTable.Of(session, master).Where(job => job.Round < round).Select(job => book.Find(job.Job)!))
        {
            if (!old.State.IsFinal())
            {
                book.Tell(old.Job, new Ended(JobState.Killed) { Reason = $"master {master} merges anew" });
                flow.Withdraw(book, [old]);
            }
            files.Forget(session, old.Job);
        }
        files.Forget(session, master);
        flow.Save(book);
        return row;
    }

    /// <summary>The description of the merging job, with its arguments; its result goes where the master says unless it says so itself.</summary>
    private SubmitJob Request(JobRow master, MergedFile file, Lfn directory, string key)
    {
        var text = files.ReadText(master, file.Jdl);
        var number = master.Job.ToString(CultureInfo.InvariantCulture);
        string[] arguments = [number, file.Pattern, file.Output, master.Owner, directory.Parent.Path, directory.Path];
        try
        {
            var description = JobDescription.Read(text, arguments);
            var said = description.OutputDirectory is null ? $"{description.Jdl}\nOutputDir = {JdlText.Quote(directory.Path)};" : description.Jdl;
            return new SubmitJob(said, [], key);
        }
        catch (GridError e) { throw new GridError(e.Code, $"{file.Jdl}: {e.Message}", e.Hint, e); }
    }

    private void Settle(Session session, long master, int round, List<MergeJob> jobs)
    {
        if (!MergeTable.Delete(session, master, round)) return;
        foreach (var job in jobs) MergeTable.InsertJob(session, job);
        var book = new JobBook(session, clock.GetUtcNow());
        if (book.Find(master) is not { State: JobState.Merging } row || row.Attempt != round) return;
        book.Tell(master, new Noted(jobs.Count == 0 ? "the collections are written" : $"merged by {string.Join(", ", jobs.Select(job => job.Job))}"));
        if (jobs.Count == 0) book.Tell(master, MasterRules.End(ChildCountTable.States(session, master)));
        // A quick one may have ended before it was known to be of this master.
        else MergeFlow.EndMaster(book, book.Find(master)!);
        flow.Save(book);
    }

    private Task Fail(long master, int round, GridError error) => database.Write(session =>
    {
        MergeTable.Delete(session, master, round);
        var book = new JobBook(session, clock.GetUtcNow());
        if (book.Find(master) is { State: JobState.Merging } row && row.Attempt == round)
            book.Tell(master, new Ended(JobState.ErrorM) { Reason = $"merging cannot begin: {error.Message}" });
        flow.Save(book);
    });
}
