using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>A job as stored: what was submitted, and what its events amount to.</summary>
public sealed record JobRow
{
    public required long Job { get; init; }
    /// <summary>The master; null for a master and for a job of its own.</summary>
    public long? Master { get; init; }
    /// <summary>Which part of the split, from 0; null when it was not split.</summary>
    public int? Part { get; init; }
    public required long Description { get; init; }
    public required string Owner { get; init; }
    /// <summary>How many subjobs; they are numbered Job+1 … Job+Subjobs. 0 for a job that runs itself.</summary>
    public int Subjobs { get; init; }
    /// <summary>The counter of the last event that central itself told of this job.</summary>
    public long Counter { get; init; }
    public required DateTimeOffset SubmittedAt { get; init; }
    /// <summary>It stands in the archive; <see cref="JobBook"/> takes it out before anything of it changes.</summary>
    public bool IsArchived { get; init; }
    /// <summary>The fold of all events.</summary>
    public required Job Known { get; init; }

    public JobState State => Known.State;
    public int Attempt => Known.Attempt;
    public bool IsMaster => Subjobs > 0;

    /// <summary>
    /// Events that every job has and that are therefore not stored: a production of a million would begin with as many equal rows.
    /// </summary>
    public static IEnumerable<JobEvent> Beginning(long job, int subjobs, DateTimeOffset submittedAt)
    {
        yield return new JobEvent(job, new EventKey(1, 0, EventSource.Central, 1), submittedAt, new Opened("submitted", 0, 0));
        if (subjobs > 0) yield return new JobEvent(job, new EventKey(1, 0, EventSource.Central, 2), submittedAt, new SplitUp(subjobs));
    }

    /// <summary>The counter that the beginning has used up.</summary>
    public static long FirstCounter(int subjobs) => subjobs > 0 ? 2 : 1;
}
