using HpcGrid.Central.Broker;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.TaskQueue;

/// <summary>A submission with everything found and checked, ready to be stored.</summary>
/// <param name="Job">What was described.</param>
/// <param name="Inputs">What all of it takes from the catalogue; nothing when the subjobs have inputs of their own.</param>
/// <param name="Parts">Subjobs with descriptions or inputs of their own; null when they are computed, or there are none.</param>
/// <param name="Remarks">What the submitter should know beyond what the description's own remarks say.</param>
public sealed record SubmissionDraft(JobDescription Job, ResolvedInputs Inputs, IReadOnlyList<DraftPart>? Parts, IReadOnlyList<string> Remarks)
{
    /// <summary>How many subjobs; 0 for a job that runs itself.</summary>
    public int Subjobs => Parts?.Count ?? Splitter.Count(Job)!.Value;

    /// <summary>One job of it: what it runs, with which files.</summary>
    public (JobDescription Job, JobPart? Part, IReadOnlyList<SourceFile> Sources, IReadOnlyList<DataFile> Data) this[int number] => Parts is null
        ? (Job, Subjobs == 0 ? null : Splitter.Part(Job, number), Inputs.Sources, Inputs.Data)
        : (Parts[number].Group.Job, Splitter.Part(Parts[number].Group.Job, number), Parts[number].Group.Sources, Parts[number].Data
            ?? Parts[number].Group.Data);
}

/// <summary>What several subjobs have in common, so that it is stored once and matched once. Compared by reference.</summary>
/// <param name="job">What they run.</param>
/// <param name="sources">Programs and InputFile.</param>
/// <param name="data">InputData that each of them gets.</param>
public sealed class DraftGroup(JobDescription job, IReadOnlyList<SourceFile> sources, IReadOnlyList<DataFile> data)
{
    public JobDescription Job { get; } = job;
    public IReadOnlyList<SourceFile> Sources { get; } = sources;
    public IReadOnlyList<DataFile> Data { get; } = data;
}

/// <summary>One subjob.</summary>
/// <param name="Group">What it has in common with others.</param>
/// <param name="Data">Its own InputData; null when the group's is everybody's.</param>
/// <param name="After">Places of the subjobs that must be done first; its inputs are looked for when they are.</param>
public sealed record DraftPart(DraftGroup Group, IReadOnlyList<DataFile>? Data, IReadOnlyList<int> After);
