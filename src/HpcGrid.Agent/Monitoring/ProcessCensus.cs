using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Monitoring;

/// <summary>
/// Whose process is whose: one pass over /proc for all jobs together. A process belongs to the job of its parent; the agent's own children, which
/// are payloads and adopted orphans, to the job of their session, their group, the brand they inherit or the mark in their environment. The last two are
/// read once in a process's life. One thread only.
/// </summary>
internal sealed class ProcessCensus(int agent)
{
    private readonly ProcessTree _tree = new(agent);
    private readonly ProcFile _file = new();
    private Dictionary<(int Id, long Started), Watched?> _orphans = [];

    /// <summary>The living processes of each job.</summary>
    public Dictionary<Watched, List<ProcessEntry>> Take(IReadOnlyCollection<Watched> jobs)
    {
        var children = _tree.ReadAll().ToLookup(entry => entry.Parent);
        var byProcess = jobs.ToDictionary(job => job.Kin.Process);
        var found = jobs.ToDictionary(job => job, _ => new List<ProcessEntry>());
        var orphans = new Dictionary<(int, long), Watched?>();
        var pending = new Stack<(ProcessEntry Entry, Watched? Job)>();
        foreach (var child in children[agent]) pending.Push((child, OwnerOf(child, byProcess, jobs, orphans)));
        while (pending.TryPop(out var next))
        {
            if (next.Job is { } job && found.TryGetValue(job, out var list)) list.Add(next.Entry);
            foreach (var child in children[next.Entry.Id]) pending.Push((child, next.Job));
        }
        _orphans = orphans;
        return found;
    }

    private Watched? OwnerOf(ProcessEntry child, Dictionary<int, Watched> byProcess, IReadOnlyCollection<Watched> jobs,
        Dictionary<(int, long), Watched?> orphans)
    {
        foreach (var id in (ReadOnlySpan<int>)[child.Id, child.Session, child.Group])
            if (byProcess.TryGetValue(id, out var job)) return job;
        var key = (child.Id, child.Started);
        if (!_orphans.TryGetValue(key, out var owner) || (owner is not null && !jobs.Contains(owner)))
            owner = jobs.FirstOrDefault(candidate => candidate.Kin.Group?.Members(_file).Contains(child.Id) == true) ?? (Brand.Of(child.Id) is { } brand
                ? jobs.FirstOrDefault(candidate => candidate.Kin.Brand == brand)
                : jobs.FirstOrDefault(candidate => _tree.Carries(child.Id, candidate.Kin.Mark)));
        return orphans[key] = owner;
    }
}
