using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Others;

/// <summary>Son of Grid Engine 8, as far as people who run pilots use it.</summary>
internal sealed class GridEngineDialect : Dialect
{
    private const string Queue = "main.q";

    /// <summary>The queue's notify, as shipped: how long after USR2 the KILL comes.</summary>
    private static readonly TimeSpan Notify = TimeSpan.FromSeconds(60);

    private static readonly OptionReader Submitting = new(OptionStyle.OneDash,
        "N= S= l= j= o= e= r= q= A= P= ar= a= p= M= m= v= wd= hold_jid= t= tc= w= binding= terse notify cwd V b= h now= sync= pe=");

    public override string Name => "sge";

    public override IReadOnlyList<string> Commands => ["qsub", "qstat", "qdel", "qacct", "qrsh"];

    public override string Filled(string path, long job) => path.Replace("$JOB_ID", Text(job), StringComparison.Ordinal);

    public override bool ReadsInput(Call call) => call.Command == "qsub" && call.Words.All(word => word[0] == '-');

    public override (int Code, string Error) Unreachable(string command) =>
        (1, "error: commlib error: got select error (Connection refused)\nerror: unable to send message to qmaster using port 6444 on host \"simbatch\": "
            + "got send error\n");

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) => !job.Request.Notify || why == Ending.NodeFailed
        ? [new(TimeSpan.Zero, Signals.Kill)] : [new(TimeSpan.Zero, Signals.User2), new(Notify, Signals.Kill)];

    public override string StartFolder(Job job) => System.Environment.GetEnvironmentVariable("HOME") ?? "/";

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Command switch
    {
        "qsub" => Submit(call, simulation),
        "qstat" => List(simulation, sight),
        "qacct" => Account(simulation, sight),
        "qdel" => Delete(call, simulation, sight),
        "qrsh" => Remote(call, simulation),
        _ => throw new Refused(127, $"{call.Command}: command not found"),
    };

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var (all, request) = (OfSubmission(simulation, job), job.Request);
        var hosts = Path.Combine(simulation.Setup.FolderOf(job.Id), "pe_hostfile");
        File.WriteAllLines(hosts, job.On.Select(node => $"{node} {request.Cores} {Queue}@{node} UNDEFINED"));
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["JOB_ID"] = Text(job.Id), ["JOB_NAME"] = request.Name, ["QUEUE"] = Queue, ["PE_HOSTFILE"] = hosts,
                ["NSLOTS"] = Text(request.Cores * request.Nodes),
            ["NHOSTS"] = Text(request.Nodes), ["SGE_TASK_ID"] = "undefined", ["ENVIRONMENT"] = "BATCH", ["HOSTNAME"] = job.On[0], ["ARC"] = "lx-amd64",
            ["RESTARTED"] = job.Restarts > 0 ? "1" : "0", ["SGE_O_WORKDIR"] = request.Folder, ["SGE_O_HOST"] = "simbatch", ["SGE_O_LOGNAME"] = job.User,
        })
            all[name] = value;
        return all;
    }

    private static Answer Submit(Call call, Simulation simulation)
    {
        // -pe takes two words: the environment and the slots.
        var command = Submitting.Read(Joined(call.Words), Unknown);
        var script = command.Rest.Count == 0 ? call.Input() : File.ReadAllText(Path.Combine(call.Folder, command.Rest[0]));
        var given = Submitting.Read(Joined(Directives.Read(script, "#$")), Unknown).With(command);
        if (given.Last("q") is { } queue && queue != Queue) throw new Refused(1,
            $"Unable to run job: Job was rejected because job requests unknown queue \"{queue}\".\nExiting.");
        var slots = int.Parse(given.Last("pe", "serial 1").Split(' ')[1], CultureInfo.InvariantCulture);
        var cores = Math.Min(slots, simulation.Setup.Cores);
        var limits = given.All("l").SelectMany(list => list.Split(',')).Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2).ToList();
        var name = given.Last("N", Path.GetFileName(given.Rest.FirstOrDefault() ?? "STDIN"));
        var runtime = limits.LastOrDefault(pair => pair[0] == "h_rt")?[1].Split(':')
            .Aggregate(0L, (sum, part) => (sum * 60) + long.Parse(part, CultureInfo.InvariantCulture));
        var joined = given.Last("j", "n").StartsWith('y');
        var home = System.Environment.GetEnvironmentVariable("HOME") ?? "/";
        var job = simulation.Submit(new JobRequest
        {
            Name = name, Queue = Queue, Account = given.Last("A", ""), Nodes = (slots + cores - 1) / cores, Cores = cores,
            Walltime = runtime is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Requeue = given.Last("r", "n").StartsWith('y'), Held = given.Has("h"),
            Notify = given.Has("notify"),
            Never = (slots + cores - 1) / cores > simulation.Setup.Nodes ? "cannot run in PE because it only offers fewer slots" : "",
            Folder = call.Folder, Output = Path.Combine(home, given.Last("o", $"{name}.o$JOB_ID")), Append = true,
            Error = joined ? null : Path.Combine(home, given.Last("e", $"{name}.e$JOB_ID")), Arguments = [.. given.Rest.Skip(1)],
            Environment = given.Has("V") ? call.Environment : new Dictionary<string, string>(),
            Script = script.StartsWith("#!", StringComparison.Ordinal) ? script : "#!/bin/sh\n" + script,
        });
        return new Answer(given.Has("terse") ? $"{job.Id}\n" : $"Your job {job.Id} (\"{name}\") has been submitted\n");
    }

    private static List<string> Joined(IReadOnlyList<string> words)
    {
        var joined = words.ToList();
        for (var at = joined.IndexOf("-pe"); at >= 0 && at + 2 < joined.Count; at = joined.IndexOf("-pe", at + 1))
        {
            joined[at + 1] += " " + joined[at + 2];
            joined.RemoveAt(at + 2);
        }
        return joined;
    }

    private static string State(Job job) => job.Phase switch
    {
        Phase.Queued => job.Restarts > 0 ? "Rq" : "qw",
        Phase.Held => "hqw",
        _ => (job.Ending is Ending.Cancelled or Ending.Walltime ? "d" : "") + (job.Restarts > 0 ? "Rr" : "r"),
    };

    private static Answer List(Simulation simulation, Sight sight)
    {
        var text = new StringBuilder("<?xml version='1.0'?>\n<job_info  "
            + "xmlns:xsd=\"http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qstat/qstat.xsd\">\n");
        foreach (var isRunning in (bool[])[true, false])
        {
            var moment = isRunning ? "JAT_start_time" : "JB_submission_time";
            text.Append(isRunning ? "  <queue_info>\n" : "  <job_info>\n");
            foreach (var job in sight.Jobs.Where(job => job.Phase != Phase.Ended && job.IsActive == isRunning))
                text.Append(CultureInfo.InvariantCulture, $"""
                        <job_list state="{(isRunning ? "running" : "pending")}">
                          <JB_job_number>{job.Id}</JB_job_number>
                          <JAT_prio>0.50000</JAT_prio>
                          <JB_name>{System.Security.SecurityElement.Escape(job.Request.Name)}</JB_name>
                          <JB_owner>{job.User}</JB_owner>
                          <state>{sight.Word(State(job))}</state>
                          <{moment}>{job.Started ?? job.Submitted:yyyy-MM-ddTHH:mm:ss}</{moment}>
                          <queue_name>{(isRunning ? $"{Queue}@{job.On[0]}" : "")}</queue_name>
                          <slots>{job.Request.Cores * job.Request.Nodes}</slots>
                        </job_list>

                    """);
            text.Append(isRunning ? "  </queue_info>\n" : "  </job_info>\n");
        }
        return new Answer(text.Append("</job_info>\n").ToString());
    }

    private static Answer Account(Simulation simulation, Sight sight)
    {
        if (!simulation.Setup.History || !sight.HasHistory) throw new Refused(1, "no jobs running since startup");
        var text = new StringBuilder();
        foreach (var job in sight.Jobs.Where(job => job is { Phase: Phase.Ended, Started: not null }))
            text.Append(CultureInfo.InvariantCulture, $"""
                ==============================================================
                qname        {Queue,-20}
                hostname     {job.On[0],-20}
                owner        {job.User,-20}
                jobname      {job.Request.Name,-20}
                jobnumber    {job.Id,-20}
                taskid       undefined
                slots        {job.Request.Cores * job.Request.Nodes,-20}
                failed       {Failed(job)}
                exit_status  {job.ExitCode,-20}
                ru_wallclock {(long)((job.Ended - job.Started)?.TotalSeconds ?? 0)}s

                """);
        return text.Length > 0 ? new Answer(text.ToString()) : throw new Refused(1, "no jobs running since startup");
    }

    private static string Failed(Job job) => job.Ending switch
    {
        Ending.Walltime => "37  : qmaster enforced h_rt, h_cpu, or h_vmem limit",
        Ending.Cancelled => "100 : assumedly after job",
        _ => "0    ",
    };

    private static Answer Delete(Call call, Simulation simulation, Sight sight)
    {
        var (said, code) = (new StringBuilder(), 0);
        foreach (var word in call.Words.Where(word => word[0] != '-'))
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || sight.Find(id) is not { Phase: not Phase.Ended } job)
            {
                said.Append(CultureInfo.InvariantCulture, $"denied: job \"{word}\" does not exist\n");
                code = 1;
            }
            else
            {
                var waited = job.Phase is Phase.Queued or Phase.Held;
                simulation.Cancel(job);
                said.Append(CultureInfo.InvariantCulture,
                    $"{job.User} has {(waited ? "deleted job" : "registered the job")} {id}{(waited ? "" : " for deletion")}\n");
            }
        return new Answer(said.ToString(), code);
    }

    /// <summary>qrsh -inherit HOST COMMAND: a task of a parallel job, with its node's environment.</summary>
    private static Answer Remote(Call call, Simulation simulation)
    {
        var given = new OptionReader(OptionStyle.OneDash, "inherit nostdin V v= noshell")
            .Read(call.Words, word => new Refused(1, $"qrsh: Unknown option {word}"));
        var job = Launching.JobOf(call, simulation, () => new Refused(1, "qrsh: not in a job"));
        if (given.Rest.Count < 2 || !job.On.Contains(given.Rest[0])) throw new Refused(1, "error: executing task of job failed: host is not in the allocation");
        var node = OfNode(simulation);
        var answer = Launching.Start(simulation, job, [.. given.Rest.Skip(1)], [new TaskPlace(given.Rest[0], job.On.ToList().IndexOf(given.Rest[0]), 0, 0)],
            _ => new Dictionary<string, string>(node) { ["JOB_ID"] = Text(job.Id), ["HOSTNAME"] = given.Rest[0] });
        return answer with { Plan = answer.Plan! with { IsBare = true } };
    }

    private static Refused Unknown(string option) => new(1, $"qsub: Unknown option {option}");
}
