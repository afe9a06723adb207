using HpcGrid.Spool;

namespace HpcGrid.Bridge.Nodes;

/// <summary>An agent's work that has not begun.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="Cores">Cores it offers.</param>
/// <param name="Files">Its queue files, oldest first, with the number of jobs in each that have not begun.</param>
public sealed record Backlog(string Agent, int Cores, IReadOnlyList<(QueueName Queue, int Jobs)> Files)
{
    public int Jobs => Files.Sum(file => file.Jobs);
}

/// <summary>One file that gives jobs away.</summary>
/// <param name="Keep">How many of its jobs that have not begun stay.</param>
public sealed record GivesAway(string Agent, QueueName Queue, int Keep);

/// <summary>Which agents give unstarted jobs away when others have nothing to do. Pure.</summary>
public static class StealRules
{
    /// <summary>
    /// Every agent keeps its share by cores of all that has not begun; what is above goes to the idle ones through the pool. Nothing moves while nobody is
    /// idle, and an agent that is soon done keeps all.
    /// </summary>
    /// <param name="loaded">Agents with jobs that have not begun.</param>
    /// <param name="idleCores">Cores of agents without any.</param>
    /// <param name="jobSeconds">Mean duration; null when none has ended yet, which is a long one then.</param>
    public static IReadOnlyList<GivesAway> Decide(IReadOnlyList<Backlog> loaded, int idleCores, double? jobSeconds)
    {
        if (idleCores <= 0) return [];
        var jobs = loaded.Sum(agent => agent.Jobs);
        var cores = idleCores + loaded.Sum(agent => agent.Cores);
        return [.. loaded.Where(agent => IsWorthIt(agent, jobSeconds)).SelectMany(agent => Surplus(agent, ShareOf(agent)))];

        int ShareOf(Backlog agent) => (int)Math.Ceiling((double)jobs * agent.Cores / cores);
    }

    private static bool IsWorthIt(Backlog agent, double? jobSeconds) =>
        jobSeconds is not { } seconds || agent.Jobs * seconds / agent.Cores >= Limits.StealWorthSeconds;

    private static IEnumerable<GivesAway> Surplus(Backlog agent, int keep)
    {
        foreach (var (queue, jobs) in agent.Files)
        {
            var kept = Math.Min(jobs, keep);
            keep -= kept;
            if (kept < jobs) yield return new GivesAway(agent.Agent, queue, kept);
        }
    }
}
