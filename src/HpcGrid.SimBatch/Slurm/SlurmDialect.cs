using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Slurm;

/// <summary>Slurm 22.05, as far as people who run pilots use it.</summary>
internal sealed class SlurmDialect : Dialect
{
    /// <summary>KillWait, as shipped.</summary>
    private static readonly TimeSpan KillWait = TimeSpan.FromSeconds(30);

    public override string Name => "slurm";

    public override IReadOnlyList<string> Commands => ["sbatch", "squeue", "sacct", "scancel", "scontrol", "sinfo", "srun"];

    public override string Filled(string path, long job) => path.Replace("%j", Text(job), StringComparison.Ordinal);

    public override bool ReadsInput(Call call) => call.Command == "sbatch" && Sbatch.ReadsInput(call.Words);

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Command switch
    {
        "sbatch" => new Sbatch(simulation).Run(call),
        "squeue" => new Squeue(simulation, sight).Run(call),
        "sacct" => new Sacct(simulation, sight).Run(call),
        "scancel" => new Scancel(simulation, sight).Run(call),
        "scontrol" => new Scontrol(simulation, sight).Run(call),
        "sinfo" => Sinfo.Run(call, simulation),
        "srun" => Srun.Run(call, simulation),
        _ => throw new Refused(127, $"{call.Command}: command not found"),
    };

    public override (int Code, string Error) Unreachable(string command) => (1, command switch
    {
        "sbatch" => "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n",
        "srun" => "srun: error: Unable to allocate resources: Unable to contact slurm controller (connect failure)\n",
        "scancel" => "scancel: error: slurm_kill_job2: Unable to contact slurm controller (connect failure)\n",
        "sacct" => "sacct: error: slurm_persist_conn_open_without_init: failed to open persistent connection to host:localhost:6819: Connection refused\n",
        _ => "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n",
    });

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) =>
        why is Ending.NodeFailed ? [new(TimeSpan.Zero, Signals.Kill)] : [new(TimeSpan.Zero, Signals.Term), new(KillWait, Signals.Kill)];

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var (all, request) = (OfSubmission(simulation, job), job.Request);
        foreach (var (name, value) in SlurmText.JobVariables(simulation, job)) all[name] = value;
        all["ENVIRONMENT"] = "BATCH";
        all["SLURMD_NODENAME"] = job.On[0];
        all["HOSTNAME"] = job.On[0];
        all["SLURM_PROCID"] = all["SLURM_LOCALID"] = all["SLURM_NODEID"] = "0";
        all["SLURM_SUBMIT_DIR"] = request.Folder;
        if (job.Restarts > 0) all["SLURM_RESTART_COUNT"] = Text(job.Restarts);
        if (request.MemoryMib > 0) all["SLURM_MEM_PER_NODE"] = Text(request.MemoryMib);
        return all;
    }
}
