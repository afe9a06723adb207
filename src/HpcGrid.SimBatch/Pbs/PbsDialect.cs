using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Pbs;

/// <summary>OpenPBS 23 and PBS Professional, as far as people who run pilots use it.</summary>
internal class PbsDialect : Dialect
{
    /// <summary>The queue's kill_delay, as shipped.</summary>
    private static readonly TimeSpan KillDelay = TimeSpan.FromSeconds(10);

    public override string Name => "openpbs";

    public override IReadOnlyList<string> Commands => ["qsub", "qstat", "qdel", "qsig", "qrerun", "qhold", "qrls", "pbsdsh"];

    /// <summary>Torque: jobs that have ended stay in the queue as C, and qstat writes XML in place of JSON.</summary>
    public virtual bool IsTorque => false;

    public override string Filled(string path, long job) => path.Replace("^array_index^", "", StringComparison.Ordinal)
        .Replace("%J", Text(job), StringComparison.Ordinal);

    public override bool ReadsInput(Call call) => call.Command == "qsub" && Qsub.ReadsInput(call.Words);

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Command switch
    {
        "qsub" => new Qsub(simulation, IsTorque).Run(call),
        "qstat" => new Qstat(simulation, sight, IsTorque).Run(call),
        "qdel" => new Qdel(simulation, sight, IsTorque).Delete(call),
        "qsig" => new Qdel(simulation, sight, IsTorque).Signal(call),
        "qrerun" => new Qdel(simulation, sight, IsTorque).ForEach(call, simulation.Requeue),
        "qhold" => new Qdel(simulation, sight, IsTorque).ForEach(call, job => simulation.Hold(job, held: true)),
        "qrls" => new Qdel(simulation, sight, IsTorque).ForEach(call, job => simulation.Hold(job, held: false)),
        "pbsdsh" => Pbsdsh.Run(call, simulation, this),
        _ => throw new Refused(127, $"{call.Command}: command not found"),
    };

    public override (int Code, string Error) Unreachable(string command) =>
        (111, $"Connection refused\n{command}: cannot connect to server {PbsText.Server} (errno=111)\n");

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) =>
        why is Ending.NodeFailed ? [new(TimeSpan.Zero, Signals.Kill)] : [new(TimeSpan.Zero, Signals.Term), new(KillDelay, Signals.Kill)];

    /// <summary>PBS starts a script at home.</summary>
    public override string StartFolder(Job job) => System.Environment.GetEnvironmentVariable("HOME") ?? "/";

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var all = OfSubmission(simulation, job);
        foreach (var (name, value) in Tasks(simulation, job)) all[name] = value;
        all["PBS_NODENUM"] = "0";
        all["PBS_TASKNUM"] = "1";
        File.WriteAllLines(all["PBS_NODEFILE"], job.On);
        return all;
    }

    /// <summary>What every task of a job has; tasks of pbsdsh have nothing else.</summary>
    public Dictionary<string, string> Tasks(Simulation simulation, Job job)
    {
        var (all, request) = (OfNode(simulation), job.Request);
        all["PBS_JOBID"] = PbsText.Id(job.Id);
        all["PBS_JOBNAME"] = request.Name;
        all["PBS_QUEUE"] = request.Queue;
        all["PBS_ENVIRONMENT"] = "PBS_BATCH";
        all["PBS_JOBDIR"] = StartFolder(job);
        all["PBS_NODEFILE"] = Path.Combine(simulation.Setup.FolderOf(job.Id), "nodes");
        all["PBS_JOBCOOKIE"] = "0000000000000000";
        all["PBS_O_WORKDIR"] = request.Folder;
        foreach (var (name, value) in PbsText.Origin(job)) all[name] = value;
        all["NCPUS"] = all["OMP_NUM_THREADS"] = Text(request.Cores);
        if (!IsTorque) return all;
        all["PBS_NUM_NODES"] = Text(request.Nodes);
        all["PBS_NUM_PPN"] = Text(request.Cores);
        all["PBS_NP"] = Text(request.Nodes * request.Cores);
        if (request.Walltime is { } walltime) all["PBS_WALLTIME"] = Text((long)simulation.Real(walltime).TotalSeconds);
        return all;
    }
}
