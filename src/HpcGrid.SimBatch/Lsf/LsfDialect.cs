using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Lsf;

/// <summary>LSF 10, as far as people who run pilots use it.</summary>
internal sealed class LsfDialect : Dialect
{
    /// <summary>JOB_TERMINATE_INTERVAL, as shipped.</summary>
    private static readonly TimeSpan TerminateInterval = TimeSpan.FromSeconds(10);

    /// <summary>How long a job may go on after SIGUSR2 told it that its run limit is over.</summary>
    private static readonly TimeSpan AfterRunLimit = TimeSpan.FromMinutes(10);

    public override string Name => "lsf";

    public override IReadOnlyList<string> Commands => ["bsub", "bjobs", "bkill", "bstop", "bresume", "brequeue", "bqueues", "blaunch"];

    public override string Filled(string path, long job) => path.Replace("%J", Text(job), StringComparison.Ordinal)
        .Replace("%I", "0", StringComparison.Ordinal);

    public override bool ReadsInput(Call call) => call.Command == "bsub" && Bsub.ReadsInput(call.Words);

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Command switch
    {
        "bsub" => new Bsub(simulation).Run(call),
        "bjobs" => new Bjobs(simulation, sight).Run(call),
        "bkill" => new Bkill(simulation, sight).Kill(call),
        "bstop" => new Bkill(simulation, sight).ForEach(call, job => simulation.Hold(job, held: true), "stopped"),
        "bresume" => new Bkill(simulation, sight).ForEach(call, job => simulation.Hold(job, held: false), "resumed"),
        "brequeue" => new Bkill(simulation, sight).ForEach(call, simulation.Requeue, "requeued"),
        "bqueues" => Queues(simulation),
        "blaunch" => Blaunch.Run(call, simulation),
        _ => throw new Refused(127, $"{call.Command}: command not found"),
    };

    private static Answer Queues(Simulation simulation)
    {
        var open = simulation.Jobs.Where(job => job.Phase != Phase.Ended).ToList();
        var (waiting, running) = (open.Count(job => job.Phase == Phase.Queued), open.Count(job => job.IsActive));
        return new Answer("QUEUE_NAME      PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP \n"
            + $"{LsfText.Queue,-15} 30  Open:Active       -    -    -    - {open.Count,5} {waiting,5} {running,5}     0\n");
    }

    public override (int Code, string Error) Unreachable(string command) => (255, command == "bsub"
        ? "Failed in an LSF library call: Communication time out. Job not submitted.\n"
            : "LSF is down. Please wait ...\nbatch daemon not responding ... still trying\n");

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) => why switch
    {
        Ending.NodeFailed => [new(TimeSpan.Zero, Signals.Kill)],
        Ending.Walltime => [new(TimeSpan.Zero, Signals.User2), new(AfterRunLimit, Signals.Kill)],
        _ => [new(TimeSpan.Zero, Signals.Int), new(TerminateInterval, Signals.Term), new(TerminateInterval * 2, Signals.Kill)],
    };

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var (all, request, id) = (OfSubmission(simulation, job), job.Request, Text(job.Id));
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["LSB_JOBID"] = id, ["LSB_BATCH_JID"] = id, ["LSB_JOBINDEX"] = "0", ["LSB_JOBNAME"] = request.Name, ["LSB_QUEUE"] = request.Queue,
            ["LSB_HOSTS"] = string.Join(' ', job.On.SelectMany(node => Enumerable.Repeat(node, request.Cores))),
            ["LSB_MCPU_HOSTS"] = string.Join(' ', job.On.Select(node => $"{node} {request.Cores}")) + " ", ["LSB_SUB_HOST"] = "simbatch",
            ["LSB_DJOB_NUMPROC"] = Text(request.Cores * request.Nodes), ["LSB_DJOB_HOSTFILE"] = Path.Combine(simulation.Setup.FolderOf(job.Id), "hosts"),
            ["LS_SUBCWD"] = request.Folder, ["LSFUSER"] = job.User, ["LSB_PROJECT_NAME"] = request.Account.Length > 0 ? request.Account : "default",
            ["LSB_OUTPUTFILE"] = request.Output, ["LSB_EFFECTIVE_RSRCREQ"] = "select[type == any]", ["LSF_VERSION"] = "34",
        })
            all[name] = value;
        if (job.Restarts > 0) all["LSB_RESTART"] = "Y";
        File.WriteAllLines(all["LSB_DJOB_HOSTFILE"], job.On.SelectMany(node => Enumerable.Repeat(node, request.Cores)));
        return all;
    }
}
