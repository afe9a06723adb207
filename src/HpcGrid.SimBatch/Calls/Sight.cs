using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Calls;

/// <summary>The jobs as a command sees them: not all, or more than there are, when a fault says so.</summary>
internal sealed record Sight(IReadOnlyList<Job> Jobs)
{
    /// <summary>States are written in another language.</summary>
    public bool IsForeign { get; init; }

    /// <summary>The history does not answer.</summary>
    public bool HasHistory { get; init; } = true;

    public Job? Find(long id) => Jobs.FirstOrDefault(job => job.Id == id);

    /// <summary>A state as it is printed.</summary>
    public string Word(string state) => !IsForeign ? state : state.Length == 1 ? "\u00dc" : "l\u00e4uft (" + state.ToLowerInvariant() + ")";
}
