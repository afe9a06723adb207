using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Slurm;

/// <summary>srun inside a job: a step of it, with tasks on its nodes.</summary>
internal static class Srun
{
    private static readonly OptionReader Options = new(OptionStyle.Gnu, """
        n|ntasks= N|nodes= ntasks-per-node= w|nodelist= c|cpus-per-task= overlap exclusive? O|overcommit kill-on-bad-exit? K|kill-on-bad-exit? l|label
        u|unbuffered
        mpi= export= mem= J|job-name= cpu-bind= t|time= D|chdir= o|output= e|error= i|input= m|distribution= Q|quiet W|wait= signal=
        """.Replace('\n', ' '));

    public static Answer Run(Call call, Simulation simulation)
    {
        var given = Options.Read(call.Words, word => new Refused(1, $"srun: unrecognized option '{word}'\nTry \"srun --help\" for more information"));
        if (given.Rest.Count == 0) throw new Refused(1, "srun: fatal: No command given to execute.");
        var job = Launching.JobOf(call, simulation, () => new Refused(1, "srun: error: Unable to allocate resources: Invalid job id specified"));
        var nodes = given.Last("nodelist") is { } list ? SlurmText.Nodes(list) : job.On;
        if (nodes.Except(job.On).Any()) throw new Refused(1, "srun: error: Unable to create step for job: Requested nodes not in allocation");
        if (Number(given, "nodes") is { } few) nodes = few <= nodes.Count ? [.. nodes.Take(few)]
            : throw new Refused(1, "srun: error: Unable to create step: More nodes requested than permitted");
        var perNode = Number(given, "ntasks-per-node") ?? (Number(given, "ntasks") is { } all ? (int)Math.Ceiling(all / (double)nodes.Count)
            : job.Request.TasksPerNode);
        var total = Math.Min(Number(given, "ntasks") ?? int.MaxValue, perNode * nodes.Count);
        var step = simulation.NextStep(job);
        var places = Launching.Places(nodes, perNode, total);
        return Launching.Start(simulation, job, given.Rest, places, place => new Dictionary<string, string>(SlurmText.JobVariables(simulation, job))
        {
            ["SLURM_STEP_ID"] = Simulation.Text(step), ["SLURM_STEPID"] = Simulation.Text(step), ["SLURM_STEP_NODELIST"] = SlurmText.NodeList(nodes),
            ["SLURM_NTASKS"] = Simulation.Text(total), ["SLURM_PROCID"] = Simulation.Text(place.Rank), ["SLURM_LOCALID"] = Simulation.Text(place.LocalRank),
            ["SLURM_NODEID"] = Simulation.Text(place.NodeIndex), ["SLURMD_NODENAME"] = place.Node, ["HOSTNAME"] = place.Node,
        });
    }

    private static int? Number(Given given, string option) => given.Last(option) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new Refused(1, $"srun: error: Invalid numeric value \"{text}\" for --{option}.");
}
