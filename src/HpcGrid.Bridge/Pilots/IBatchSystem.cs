namespace HpcGrid.Bridge.Pilots;

/// <summary>What a bridge wants of a batch system: one batch job that starts agents.</summary>
/// <param name="Tag">Unique for ever; asked for twice, it is started once (R-H4). In the job's environment as HPCGRID_PILOT.</param>
/// <param name="Nodes">How many nodes; an agent is started on each.</param>
/// <param name="Cores">Cores of each node.</param>
/// <param name="Walltime">How long it may live.</param>
/// <param name="Deadline">When it ends at the latest if it starts now: what the agent gets as --deadline where the batch system tells nothing better.</param>
public sealed record PilotRequest(string Tag, int Nodes, int Cores, TimeSpan Walltime, DateTimeOffset Deadline);

/// <summary>What a batch system says of a job. Unknown is an answer too: it never means ended (W1).</summary>
public enum BatchState
{
    Unknown,
    Queued,
    Running,
    /// <summary>Known to be over, with every process of it gone.</summary>
    Ended,
}

/// <summary>One pilot as the batch system sees it.</summary>
/// <param name="Tag">As requested; found by it even when the answer to the submission was lost.</param>
/// <param name="BatchId">The batch system's name for it.</param>
/// <param name="Detail">For people: how it ended, why it waits.</param>
public sealed record BatchStatus(string Tag, string BatchId, BatchState State, string Detail)
{
    /// <summary>Nodes of a running pilot on which no process of it is left; empty where the batch system tells nothing of single nodes.</summary>
    public IReadOnlyList<string> EndedNodes { get; init; } = [];

    /// <summary>Ended is concluded from long silence: a heartbeat of its agents outweighs it (R-H6).</summary>
    public bool IsGuess { get; init; }
}

/// <summary>
/// A batch system: what starts and ends pilots. Calls may take long and are made off the bridge's loop, one at a time. All throw GridError: Unavailable
/// when the batch system does not answer (nothing is concluded then), Invalid when it refuses for good.
/// </summary>
public interface IBatchSystem
{
    /// <summary>For messages: "fork", "slurm".</summary>
    string Name { get; }

    /// <summary>True when Ended is the word of somebody who cannot be wrong: such a death needs no waiting (F2, strong).</summary>
    bool IsDefinite { get; }

    /// <summary>Starts a pilot and tells its batch id. Repeated with the same tag, it tells the same id and starts nothing.</summary>
    Task<string> Submit(PilotRequest request, CancellationToken ct);

    /// <summary>
    /// All these pilots in one question, by tag. A pilot that is not in the answer is Unknown, except where the batch system is
    /// able to say that it never had it: that is Ended.
    /// </summary>
    Task<IReadOnlyList<BatchStatus>> Status(IReadOnlyList<string> tags, CancellationToken ct);

    /// <summary>Ends pilots with all their processes, now. Of one that has ended, nothing. Whether it worked, Status tells.</summary>
    Task Cancel(IReadOnlyList<string> tags, CancellationToken ct);

    /// <summary>Holes in the schedule, where it tells of them; none otherwise.</summary>
    Task<IReadOnlyList<BackfillHole>> Holes(CancellationToken ct);

    /// <summary>Where the output of a pilot lies, for people.</summary>
    string LogOf(string tag);

    /// <summary>Drops what is kept of pilots that ended long ago. Never touches another.</summary>
    Task Forget(IReadOnlyList<string> tags, CancellationToken ct);
}
