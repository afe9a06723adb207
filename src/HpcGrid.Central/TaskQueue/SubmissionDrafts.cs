using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// From a description to a draft: inputs are looked up, subjobs with inputs or descriptions of their own are made, and everything that can be found wrong
/// beforehand is. Changes nothing. Throws GridError.
/// </summary>
public sealed class SubmissionDrafts(InputResolver inputs, CatalogueTree tree, KnownSites sites, StorageElements elements, CentralOptions options)
{
    private static readonly ResolvedInputs Nothing = new([], [], []);

    public SubmissionDraft Make(Session session, Caller caller, JobDescription description)
    {
        var place = new Place(session, new Viewer(caller.Name, caller.IsAdmin), AccountRules.Home(options.Vo, caller.Name));
        var draft = description.Split switch
        {
            NoSplit or ProductionSplit or ParametricSplit => new SubmissionDraft(description, Resolve(place, description), null, []),
            NodeSplit nodes => new SubmissionDraft(description, Nothing, Nodes(place, nodes), []),
            InputSplit split => Divided(place, description, split),
            _ => throw new InvalidOperationException($"{description.Split.GetType().Name} is no split central knows"),
        };
        if (draft.Subjobs > Core.Limits.MostSubjobs)
            throw new GridError(ErrorCode.TooLarge, $"the job makes {draft.Subjobs} subjobs, {Core.Limits.MostSubjobs} are allowed",
                "Submit parts of it as jobs of their own.");
        MustReadAgain(description);
        CheckJobs(place, draft);
        return draft with { Remarks = [.. LeftOut(draft), .. CheckWishes(draft), .. Unsent(description),
            .. sites.Doubts(draft.Parts?.Select(part => part.Group.Job).Distinct() ?? [description],
            caller.Name)] };
    }

    private ResolvedInputs Resolve(Place place, JobDescription description)
    {
        var resolved = inputs.Resolve(place.Session, place.Owner, Lfn.Parse(place.Home), description);
        if (description.Split is not InputSplit) MustFit(description, resolved.Sources, resolved.Data);
        return resolved;
    }

    private SubmissionDraft Divided(Place place, JobDescription description, InputSplit split)
    {
        var resolved = Resolve(place, description);
        var groups = new Dictionary<string, DraftGroup>(StringComparer.Ordinal);
        var parts = new List<DraftPart>();
        foreach (var (files, near) in Splitter.Group(split, resolved.Data))
        {
            var key = string.Join('\n', near);
            if (!groups.TryGetValue(key, out var group)) groups[key] = group = new DraftGroup(Splitter.Describe(description, near), resolved.Sources, []);
            MustFit(group.Job, group.Sources, files);
            parts.Add(new DraftPart(group, files, []));
        }
        return new SubmissionDraft(description, resolved with { Data = [] }, parts, []);
    }

    /// <summary>Equal nodes are one group. What a node with predecessors reads may not exist yet: only its programs are looked for.</summary>
    private List<DraftPart> Nodes(Place place, NodeSplit split)
    {
        var groups = new Dictionary<(string, bool), DraftGroup>();
        return [.. split.Nodes.Select(node => new DraftPart(Group(node), null, node.After))];

        DraftGroup Group(JobNode node)
        {
            var waits = node.After.Count > 0;
            if (groups.TryGetValue((node.Job.Jdl, waits), out var group)) return group;
            try
            {
                if (waits) inputs.Programs(place.Session, place.Owner, Lfn.Parse(place.Home), node.Job);
                var resolved = waits ? Nothing : Resolve(place, node.Job);
                return groups[(node.Job.Jdl, waits)] = new DraftGroup(node.Job, resolved.Sources, resolved.Data);
            }
            catch (GridError e) { throw new GridError(e.Code, $"node {node.Name}: {e.Message}", e.Hint, e); }
        }
    }

    /// <summary>Each job's specification is made once, so that nothing in it turns out wrong later; of a production one stands for all.</summary>
    private void CheckJobs(Place place, SubmissionDraft draft)
    {
        // Number 0 is nobody's: what the default directory will be called is not known yet, and it is new.
        var context = new JobContext(0, draft.Subjobs > 0 ? 0 : null, place.Owner.Name, place.Home);
        var number = draft.Job.Split is ProductionSplit ? 1 : Math.Max(1, draft.Subjobs);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var places = new OutputPlaces(tree, place.Session, place.Owner);
        for (var i = 0; i < number; i++)
        {
            var (job, part, sources, data) = draft[i];
            if (draft.Parts?[i].After.Count > 0)
            {
                if (NeedsInputs(job)) continue;
            }
            // What is computed from one description differs in texts alone; what else there is was checked with the first.
            else if (i == 0 || draft.Parts is not null) SpecBuilder.Build(job, part, context, sources, data);
            var directory = Lfn.Parse(SpecBuilder.OutputDirectory(job, part, context, data));
            var outputs = OutputRules.KnownOutputs(directory, SpecBuilder.Outputs(job, part, data)).ToList();
            OutputRules.MustDiffer(seen, i, outputs);
            places.MustTake(directory, outputs);
        }
    }

    /// <summary>What such a job saves, and where, is known when its inputs are.</summary>
    private static bool NeedsInputs(JobDescription job) => job.InputData.Count + job.InputCollections.Count > 0;

    /// <summary>What is stored is the canonical text; whatever cannot be read from it again must not get in.</summary>
    private static void MustReadAgain(JobDescription job)
    {
        try
        {
            if (JobDescription.Read(job.Jdl, []).Jdl == job.Jdl) return;
            throw GridError.Invalid("it reads differently");
        }
        catch (GridError e)
        {
            throw new GridError(ErrorCode.Internal, $"the description cannot be stored: {e.Message}",
                "This is a fault of central: report it with the description.", e);
        }
    }

    /// <summary>Where outputs are wanted must exist; what is wanted of it and cannot be is said.</summary>
    private List<string> CheckWishes(SubmissionDraft draft)
    {
        var jobs = draft.Parts?.Select(part => part.Group.Job).Distinct() ?? [draft.Job];
        var wishes = jobs.SelectMany(job => OutputWish.All(job.Outputs.Concat(job.ErrorOutputs))).DistinctBy(wish => wish.ToString()).ToList();
        if (wishes.Count == 0) return [];
        var states = elements.States;
        foreach (var wish in wishes) PlacementRules.Check(wish, states);
        return [.. wishes.SelectMany(wish => PlacementRules.Doubts(wish, states)).Distinct()];
    }

    private static void MustFit(JobDescription job, IReadOnlyList<SourceFile> sources, IReadOnlyList<DataFile> data)
    {
        const long mebibyte = 1024 * 1024;
        var bytes = SpecBuilder.Sources(sources, data).Sum(source => source.Content.Size);
        if (bytes / mebibyte > job.Resources.DiskMib)
            throw new GridError(ErrorCode.TooLarge, $"the inputs have {bytes / mebibyte} MB and the sandbox has room for {job.Resources.DiskMib} MB",
                "Raise WorkDirectorySize, split the job over its input, or mark files with ,nodownload.");
    }

    private IEnumerable<string> Unsent(JobDescription job) =>
        job.Email.Count > 0 && options.MailCommand.Length == 0 ? ["Email has no effect: this central sends no mail (its admin can set mailCommand)"] : [];

    private static IEnumerable<string> LeftOut(SubmissionDraft draft) => draft.Inputs.LeftOut.Count == 0 ? []
        : [$"{draft.Inputs.LeftOut.Count} input files are left out (MaxInputMissingThreshold), the first of them {draft.Inputs.LeftOut[0]}"];

    private sealed record Place(Session Session, Viewer Owner, string Home);
}
