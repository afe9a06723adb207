using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch;

/// <summary>One task: its number among all, on its node, and its node's number.</summary>
internal sealed record TaskPlace(string Node, int NodeIndex, int Rank, int LocalRank);

/// <summary>What launchers of all systems share.</summary>
internal static class Launching
{
    /// <summary>The job that the launcher was called in.</summary>
    public static Job JobOf(Call call, Simulation simulation, Func<Refused> none) =>
        long.TryParse(call.Environment.GetValueOrDefault("SIMBATCH_JOB"), CultureInfo.InvariantCulture, out var id)
            && simulation.Find(id) is { IsActive: true } job
            ? job : throw none();

    /// <summary>Node by node, so many on each, until all have a place.</summary>
    public static IReadOnlyList<TaskPlace> Places(IReadOnlyList<string> nodes, int perNode, int total)
    {
        var places = new List<TaskPlace>();
        for (var node = 0; node < nodes.Count; node++)
            for (var local = 0; local < perNode && places.Count < total; local++) places.Add(new TaskPlace(nodes[node], node, places.Count, local));
        return places;
    }

    public static Answer Start(Simulation simulation, Job job, IReadOnlyList<string> words, IReadOnlyList<TaskPlace> places,
        Func<TaskPlace, Dictionary<string, string>> variables)
    {
        var tasks = places.Select(place => new TaskPlan(place.Node, With(simulation.NodeVariables(job, place.Node), variables(place)))).ToList();
        return new Answer("") { Plan = new LaunchPlan(tasks, words) { Prefix = simulation.Isolation } };
    }

    private static Dictionary<string, string> With(Dictionary<string, string> all, Dictionary<string, string> more)
    {
        foreach (var (name, value) in more) all[name] = value;
        return all;
    }
}
