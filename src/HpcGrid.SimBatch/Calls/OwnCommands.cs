using System.Globalization;
using System.Text;
using HpcGrid.Core;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Calls;

/// <summary>What the simulator itself can be told: nodes that die, jobs that are requeued or forgotten, faults.</summary>
internal sealed class OwnCommands(Simulation simulation, Faults faults)
{
    /// <summary>Throws GridError(Invalid, NotFound).</summary>
    public Answer Run(IReadOnlyList<string> words)
    {
        switch (words)
        {
            case ["status"]: return new Answer(Status());
            case ["fault", "clear"]:
                faults.Clear();
                return new Answer("");
            case ["fault"]: return new Answer(string.Concat(faults.Read().Select(fault => fault + "\n")));
            case ["fault", ..]:
                faults.Add(Fault.Parse(string.Join(' ', words.Skip(1))));
                return new Answer("");
            case ["node", "down", var node]:
                simulation.NodeDown(Known(node));
                return new Answer("");
            case ["node", "up", var node]:
                simulation.NodeUp(Known(node));
                return new Answer("");
            case ["requeue", var id]:
                simulation.Requeue(Job(id));
                return new Answer("");
            case ["forget", var id]:
                simulation.Forget(Job(id));
                return new Answer("");
            default: throw GridError.Invalid($"'{string.Join(' ', words)}' is no command of simbatch", "See simbatch --help.");
        }
    }

    private string Known(string node) => simulation.Setup.NodeNames.Contains(node) ? node
        : throw GridError.NotFound($"there is no node '{node}'", $"Nodes: {string.Join(", ", simulation.Setup.NodeNames)}.");

    private Job Job(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && simulation.Find(id) is { } job ? job
        : throw GridError.NotFound($"there is no job '{text}'", "simbatch status lists them.");

    private string Status()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"system  {simulation.Dialect.Name}, {simulation.Network}");
        foreach (var node in simulation.Nodes)
        {
            var jobs = simulation.Jobs.Where(job => job.IsActive && job.On.Contains(node.Name)).ToList();
            var use = jobs.Sum(job => job.Request.Cores);
            text.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"{node.Name,-8}{(node.Up ? $"{use} of {node.Cores} cores" : "down"),-16}{string.Join(' ', jobs.Select(job => job.Id))}").TrimEnd());
        }
        foreach (var job in simulation.Jobs)
            text.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"job {job.Id,-6}{job.Phase.ToString().ToLowerInvariant(),-8}{job.Request.Name}  {string.Join(' ', job.On)}").TrimEnd());
        foreach (var fault in faults.Read()) text.AppendLine(CultureInfo.InvariantCulture, $"fault   {fault}");
        return text.ToString();
    }
}
