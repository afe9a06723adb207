using HpcGrid.Bridge;

namespace HpcGrid.Tests.Batch.Contract;

/// <summary>What a case may want of a cluster that not every one can do.</summary>
internal enum Ability
{
    /// <summary>Pilots of several nodes, each with a name of its own.</summary>
    SeveralNodes,
    /// <summary>A node that loses its power.</summary>
    NodeDeath,
    /// <summary>A job that starts again under its id although it asked not to.</summary>
    Requeue,
    /// <summary>It tells apart what has ended and what is being ended.</summary>
    KnownEnds,
    /// <summary>A pilot of half an hour whose end can be waited for.</summary>
    LongWalltime,
}

/// <summary>How a cluster differs from others where the contract lets it.</summary>
/// <param name="System">Its folder of hpc-templates.</param>
internal sealed record ClusterNature(string System)
{
    /// <summary>What its site must say in `batch`.</summary>
    public BatchOptions Options { get; init; } = new();

    /// <summary>What makes a submission that is refused for good.</summary>
    public BatchOptions Wrong { get; init; } = new() { Queue = "nowhere" };

    /// <summary>It forgets a job that has ended at once and for ever.</summary>
    public bool ForgetsEnds { get; init; }

    /// <summary>What its history command is asked for is answered, where it has one.</summary>
    public bool KeepsHistory { get; init; } = true;

    /// <summary>A walltime that can be waited for.</summary>
    public TimeSpan ShortWalltime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What a pilot gets when its walltime is over.</summary>
    public string WalltimeSignal { get; init; } = "TERM";

    /// <summary>What a pilot of half an hour gets first of all.</summary>
    public string FirstSignal { get; init; } = "TERM";

    /// <summary>What it cannot do, and why.</summary>
    public IReadOnlyDictionary<Ability, string> Lacks { get; init; } = new Dictionary<Ability, string>();
}
