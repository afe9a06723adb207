using System.Text;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>What merging reads from the catalogue and writes to it, in the name of the master's owner. Throws GridError.</summary>
public sealed class MergeFiles(CentralDatabase database, Descriptions descriptions, CatalogueReads reads, CatalogueOutlet outlet, string vo)
{
    public Lfn HomeOf(string owner) => Lfn.Parse(AccountRules.Home(vo, owner));

    /// <summary>What the subjobs that are done have registered and the plan asks for, in the order of the subjobs.</summary>
    public List<SourceFile> OutputsOf(Session session, JobRow master)
    {
        var plan = descriptions.Get(session, master.Description).Job.Merge!;
        string[] patterns = [.. plan.Files.Select(file => file.Pattern).Concat(plan.Collections.SelectMany(collection => collection.Patterns)).Distinct()];
        var viewer = ViewerOf(session, master.Owner);
        var found = new List<SourceFile>();
        for (var from = master.Job + 1; ;)
        {
            var page = JobTable.ChildrenFrom(session, master, from, Limits.JobsPerTransaction);
            var done = page.Where(child => child.State is JobState.Done or JobState.DoneWarn);
            foreach (var entry in done.SelectMany(child => EntryTable.OfJob(session, child.Job)))
            {
                if (entry.IsDirectory || !patterns.Any(pattern => NamePattern.Matches(pattern, entry.Name))) continue;
                found.Add(reads.Source(session, viewer, CatalogueTree.PathOf(session, entry)));
            }
            if (page.Count < Limits.JobsPerTransaction) return found;
            if (found.Count > Limits.SplitInputs)
                throw new GridError(ErrorCode.TooLarge, $"more than {Limits.SplitInputs} files are to be merged", "Merge them by a production of their own.");
            from = page[^1].Job + 1;
        }
    }

    /// <summary>The inputs of one merging job. Files of one name get a number before it: they all lie in one sandbox.</summary>
    public static IReadOnlyList<DataFile> Select(IReadOnlyList<SourceFile> outputs, MergedFile file)
    {
        var chosen = outputs.Where(output => NamePattern.Matches(file.Pattern, Lfn.Parse(output.Lfn).Name)).ToList();
        if (chosen.Count == 0) throw GridError.NotFound($"no subjob that is done has saved '{file.Pattern}'", "Name one of the subjobs' outputs in Merge.");
        return [.. chosen.Select((output, index) => new DataFile(output with { As = $"{index + 1:D6}_{Lfn.Parse(output.Lfn).Name}" }))];
    }

    /// <summary>Where merged files go.</summary>
    public Lfn DirectoryOf(Session session, JobRow master, MergePlan plan)
    {
        var home = HomeOf(master.Owner);
        if (plan.OutputDirectory is { } said) return InputResolver.PathOf(home, said);
        var job = descriptions.Get(session, master.Description).Job;
        return Lfn.Parse(SpecBuilder.OutputDirectory(job, null, new JobContext(master.Job, null, master.Owner, home.Path))).Child("merged");
    }

    /// <summary>Writes one list of outputs into the catalogue.</summary>
    public async Task WriteCollection(JobRow master, MergedCollection collection, IReadOnlyList<SourceFile> outputs)
    {
        var chosen = outputs.Where(output => collection.Patterns.Any(pattern => NamePattern.Matches(pattern, Lfn.Parse(output.Lfn).Name)));
        var text = InputListText.Write(InputListFormat.XmlSingle, [.. chosen.Select(output => new DataFile(output, IsFetched: false))]);
        var path = InputResolver.PathOf(HomeOf(master.Owner), collection.Path);
        var viewer = database.Read(session => ViewerOf(session, master.Owner));
        await outlet.Write(viewer, path, Encoding.UTF8.GetBytes(text), master.Job);
    }

    /// <summary>A description that lies in the catalogue.</summary>
    public string ReadText(JobRow master, string path)
    {
        var place = InputResolver.PathOf(HomeOf(master.Owner), path);
        try { return outlet.ReadText(database.Read(session => reads.Source(session, ViewerOf(session, master.Owner), place))); }
        catch (GridError e) { throw new GridError(e.Code, $"{path}: {e.Message}", e.Hint, e); }
    }

    /// <summary>What a job has left in the catalogue goes.</summary>
    public void Forget(Session session, long job) => outlet.Forget(session, job);

    private static Viewer ViewerOf(Session session, string owner) => new(owner, AccountTable.Find(session, owner)?.Role == Role.Admin);
}
