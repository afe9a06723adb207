using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Slurm;

/// <summary>sacct: what the accounting knows of jobs, also of those that squeue has forgotten.</summary>
internal sealed class Sacct(Simulation simulation, Sight sight)
{
    private static readonly OptionReader Options = new(OptionStyle.Gnu,
        "n|noheader X|allocations P|parsable2 p|parsable j|jobs= o|format= S|starttime= E|endtime= u|user= s|state= a|allusers name= D|duplicates");

    public Answer Run(Call call)
    {
        if (!simulation.Setup.History || !sight.HasHistory) throw new Refused(1, "Slurm accounting storage is disabled");
        var given = Options.Read(call.Words, word => new Refused(1, $"sacct: unrecognized option '{word}'"));
        var jobs = sight.Jobs.AsEnumerable();
        if (given.Last("jobs") is { } list) jobs = jobs.Where(job => list.Split(',').Contains(Simulation.Text(job.Id)));
        if (given.Last("name") is { } names) jobs = jobs.Where(job => names.Split(',').Contains(job.Request.Name));
        var fields = given.Last("format", "JobID,JobName,Partition,Account,AllocCPUS,State,ExitCode").Split(',');
        var lines = new List<string[]>();
        if (!given.Has("noheader")) lines.Add([.. fields.Select(field => field.Split('%')[0])]);
        lines.AddRange(jobs.Select(job => fields.Select(field => Field(job, field.Split('%')[0])).ToArray()));
        var text = new StringBuilder();
        foreach (var line in lines)
            text.Append(given.Has("parsable2") ? string.Join('|', line) : given.Has("parsable") ? string.Concat(line.Select(field => field + "|"))
                : string.Join(' ', line.Select(field => field.Length > 10 ? field[..10] : field.PadLeft(10)))).Append('\n');
        return new Answer(text.ToString());
    }

    private string Field(Job job, string name) => name.ToUpperInvariant() switch
    {
        "JOBID" or "JOBIDRAW" => Simulation.Text(job.Id),
        "JOBNAME" => job.Request.Name,
        "STATE" => sight.Word(SlurmText.State(job)) + (job is { Phase: Phase.Ended, Ending: Ending.Cancelled } ? " by 0" : ""),
        "EXITCODE" => SlurmText.ExitCode(job),
        "PARTITION" => job.Request.Queue,
        "ACCOUNT" => job.Request.Account,
        "USER" => job.User,
        "NNODES" => Simulation.Text(job.Request.Nodes),
        "ALLOCCPUS" => Simulation.Text(job.Request.Nodes * job.Request.Cores),
        "NODELIST" => job.On.Count > 0 ? SlurmText.NodeList(job.On) : "None assigned",
        "ELAPSED" => SlurmText.Elapsed(simulation, job).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture),
        "SUBMIT" => SlurmText.Moment(job.Submitted),
        "START" => SlurmText.Moment(job.Started),
        "END" => SlurmText.Moment(job.Ended),
        _ => throw new Refused(1, $"sacct: error: Invalid field requested: \"{name}\""),
    };
}

/// <summary>scancel.</summary>
internal sealed class Scancel(Simulation simulation, Sight sight)
{
    private static readonly OptionReader Options = new(OptionStyle.Gnu, "s|signal= b|batch f|full Q|quiet n|name= u|user= t|state= me v|verbose");

    public Answer Run(Call call)
    {
        var given = Options.Read(call.Words, word => new Refused(1, $"scancel: unrecognized option '{word}'"));
        var (errors, code) = (new StringBuilder(), 0);
        if (given.Rest.Count == 0) foreach (var job in Chosen(given)) Act(job, given);
        foreach (var word in given.Rest)
        {
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || sight.Find(id) is not { } job)
            {
                errors.Append(CultureInfo.InvariantCulture, $"scancel: error: Kill job error on job id {word}: Invalid job id specified\n");
                code = 1;
            }
            else if (job.Phase == Phase.Ended)
                errors.Append(CultureInfo.InvariantCulture, $"scancel: error: Kill job error on job id {word}: Job/step already completing or completed\n");
            else Act(job, given);
        }
        return new Answer("", code, given.Has("quiet") ? "" : errors.ToString());
    }

    private IEnumerable<Job> Chosen(Given given)
    {
        if (!given.Has("user") && !given.Has("me") && !given.Has("name") && !given.Has("state")) throw new Refused(1,
            "scancel: error: No job identification provided");
        return [.. sight.Jobs.Where(job => job.Phase != Phase.Ended && (given.Last("name") is not { } name || job.Request.Name == name)
            && job.User == given.Last("user", Environment.UserName))];
    }

    private void Act(Job job, Given given)
    {
        if (given.Last("signal") is not { } name) simulation.Cancel(job);
        else simulation.Signal(job, Signals.Read(name) ?? throw new Refused(1, $"scancel: error: Unknown job signal: {name}"), given.Has("batch")
            ? Reach.Script : Reach.Everything);
    }
}

/// <summary>scontrol: show job, show hostnames, requeue, hold, release, and nodes that go down.</summary>
internal sealed class Scontrol(Simulation simulation, Sight sight)
{
    public Answer Run(Call call)
    {
        var words = call.Words.Where(word => word is not ("-o" or "--oneliner")).ToList();
        switch (words)
        {
            case ["show", "job"]: return new Answer(string.Concat(sight.Jobs.Select(Show)));
            case ["show", "job", var id]: return new Answer(Show(Find(id)));
            case ["show", "hostnames", var list]: return new Answer(string.Concat(SlurmText.Nodes(list).Select(node => node + "\n")));
            case ["show", "hostnames"]: return new Answer(string.Concat(SlurmText.Nodes(call.Environment.GetValueOrDefault("SLURM_JOB_NODELIST", ""))
                .Select(node => node + "\n")));
            case ["requeue", var id]: simulation.Requeue(Find(id)); return new Answer("");
            case ["hold", var id]: simulation.Hold(Find(id), held: true); return new Answer("");
            case ["release", var id]: simulation.Hold(Find(id), held: false); return new Answer("");
            case ["update", ..]: return Update(words);
            default: throw new Refused(1, $"invalid keyword: {string.Join(' ', words)}");
        }
    }

    private Answer Update(List<string> words)
    {
        var given = words.Skip(1).Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0].ToUpperInvariant(), pair => pair[1]);
        if (!given.TryGetValue("NODENAME", out var node) || !simulation.Setup.NodeNames.Contains(node) || !given.TryGetValue("STATE", out var state))
            throw new Refused(1, "slurm_update error: Invalid node name specified");
        if (state.StartsWith("DOWN", StringComparison.OrdinalIgnoreCase)) simulation.NodeDown(node);
        else simulation.NodeUp(node);
        return new Answer("");
    }

    private Job Find(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && sight.Find(id) is { } job ? job
        : throw new Refused(1, "slurm_load_jobs error: Invalid job id specified");

    private string Show(Job job) => $"""
        JobId={job.Id} JobName={job.Request.Name}
           UserId={job.User}(0) Account={job.Request.Account} QOS={job.Request.Qos}
           JobState={sight.Word(SlurmText.State(job))} Reason={SlurmText.Reason(job)} Dependency=(null)
           Requeue={(job.Request.Requeue ? 1 : 0)} Restarts={job.Restarts} BatchFlag=1 ExitCode={SlurmText.ExitCode(job)}
           RunTime={SlurmText.Span(SlurmText.Elapsed(simulation, job))} TimeLimit={SlurmText.Span(job.Request.Walltime)}
           SubmitTime={SlurmText.Moment(job.Submitted)} StartTime={SlurmText.Moment(job.Started)} EndTime={SlurmText.Moment(job.Ended ?? simulation.EndOf(job))}
           Partition={job.Request.Queue} NodeList={(job.On.Count > 0 ? SlurmText.NodeList(job.On) : "(null)")} NumNodes={job.Request.Nodes}
           WorkDir={job.Request.Folder} StdOut={job.Request.Output}


        """;
}

/// <summary>sinfo.</summary>
internal static class Sinfo
{
    private static readonly OptionReader Options = new(OptionStyle.Gnu, "h|noheader o|format= p|partition= N|Node t|states= e|exact s|summarize");

    public static Answer Run(Call call, Simulation simulation)
    {
        var given = Options.Read(call.Words, word => new Refused(1, $"sinfo: unrecognized option '{word}'"));
        var format = given.Last("format", "%P %a %l %D %t %N");
        var text = new StringBuilder();
        if (!given.Has("noheader")) text.Append("PARTITION AVAIL TIMELIMIT NODES STATE NODELIST\n");
        var busy = simulation.Jobs.Where(job => job.IsActive).SelectMany(job => job.On.Select(node => (node, job.Request.Cores)))
            .ToLookup(use => use.node, use => use.Cores);
        var states = simulation.Nodes.GroupBy(node => !node.Up ? "down" : busy[node.Name].Sum() is var used && used == 0 ? "idle" : used >= node.Cores
            ? "alloc" : "mix");
        var (used, cores) = (busy.Sum(node => node.Sum()), simulation.Nodes.Sum(node => node.Cores));
        foreach (var (partition, limit) in SlurmText.Partitions.Where(partition => given.Last("partition") is not { } wanted || wanted == partition.Key))
            foreach (var state in states)
                text.Append(format.Replace("%P", partition, StringComparison.Ordinal).Replace("%a", "up", StringComparison.Ordinal)
                    .Replace("%l", limit is null ? "infinite" : SlurmText.Span(limit), StringComparison.Ordinal)
                    .Replace("%D", Simulation.Text(state.Count()), StringComparison.Ordinal).Replace("%t", state.Key, StringComparison.Ordinal)
                    .Replace("%T", state.Key switch { "alloc" => "allocated", "mix" => "mixed", var other => other }, StringComparison.Ordinal)
                    .Replace("%C", $"{used}/{cores - used}/0/{cores}", StringComparison.Ordinal)
                    .Replace("%N", SlurmText.NodeList([.. state.Select(node => node.Name)]), StringComparison.Ordinal)).Append('\n');
        return new Answer(text.ToString());
    }
}
